from fastapi import Response


class Files:
    def send(self, name: str) -> Response:
        with open(f"/srv/reports/{name}", "rb") as file:
            content = file.read()
        return Response(content, media_type="application/pdf")
