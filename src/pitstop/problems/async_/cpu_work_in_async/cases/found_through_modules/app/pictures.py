import io

from PIL import Image


class Pictures:
    def small(self, data: bytes) -> bytes:
        picture = Image.open(io.BytesIO(data))
        picture.thumbnail((200, 200))
        out = io.BytesIO()
        picture.save(out, "WEBP")
        return out.getvalue()
