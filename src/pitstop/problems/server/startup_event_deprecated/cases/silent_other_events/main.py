from fastapi import FastAPI


class Bus:
    def on_event(self, name):
        return lambda function: function

    def add_event_handler(self, name, function):
        print(name)


app = FastAPI()
bus = Bus()
bus.add_event_handler("startup", print)


@bus.on_event("startup")
def started() -> None:
    print("started")
