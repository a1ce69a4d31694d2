class Client:
    def __init__(self, debug: bool) -> None:
        self.debug = debug
