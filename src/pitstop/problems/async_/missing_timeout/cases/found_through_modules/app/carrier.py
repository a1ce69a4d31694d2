import requests


class Carrier:
    def __init__(self) -> None:
        self.session = requests.Session()

    def status(self, parcel: str) -> str:
        return self.session.get(f"https://carrier.example/{parcel}").text

    def cancel(self, parcel: str) -> None:
        self.session.delete(f"https://carrier.example/{parcel}").raise_for_status()
