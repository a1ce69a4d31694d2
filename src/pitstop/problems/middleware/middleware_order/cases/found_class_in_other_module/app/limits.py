from starlette.responses import PlainTextResponse


class Limits:
    def __init__(self, app):
        self.app = app
        self.left = 100

    async def __call__(self, scope, receive, send):
        self.left -= 1
        if self.left < 0:
            await self.refuse(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def refuse(self, scope, receive, send):
        await PlainTextResponse("slow down", status_code=429)(scope, receive, send)
