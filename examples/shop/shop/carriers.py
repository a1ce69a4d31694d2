"""What the carriers' network tells us."""

from typing import Any

from shop.webclient import fetch_json

CARRIERS = ("parcelo", "swiftly", "nordpak")


def transit_days(base_url: str, country: str, weight_grams: int) -> int:
    answer = fetch_json(f"{base_url}/transit", country=country, grams=weight_grams)
    return answer["days"]


def carrier_status(base_url: str) -> dict[str, Any]:
    return fetch_json(f"{base_url}/status")
