"""A stand-in for the carriers' network: a small HTTP server on loopback, started when SHOP_RATES_URL is not set."""

import json
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

LATENCY = 0.025
RATES = {"EUR": 1.0, "USD": 1.08, "GBP": 0.85, "CHF": 0.96, "SEK": 11.4, "PLN": 4.3, "JPY": 168.0}
ZONES = [
    {"name": "home", "countries": ["DE"]},
    {"name": "near", "countries": ["AT", "BE", "CH", "CZ", "DK", "FR", "LU", "NL", "PL"]},
    {"name": "europe", "countries": ["ES", "FI", "GB", "IE", "IT", "NO", "PT", "SE"]},
    {"name": "world", "countries": ["AU", "CA", "JP", "US"]},
]


def answer(path: str, query: dict[str, str]) -> tuple[int, Any]:
    match path.strip("/").split("/"):
        case ["exchange"]:
            return 200, {"base": "EUR", "rates": RATES}
        case ["exchange", currency] if currency in RATES:
            return 200, {"currency": currency, "rate": RATES[currency]}
        case ["zones"]:
            return 200, ZONES
        case ["status"]:
            return 200, {"status": "ok"}
        case ["transit"]:
            return 200, {"days": 1 + zlib.crc32(query.get("country", "").encode()) % 9}
        case ["carriers", name, "quote"]:
            grams = int(query.get("grams", "0"))
            return 200, {"carrier": name, "price_cents": 390 + zlib.crc32(name.encode()) % 200 + grams // 10}
        case ["pickup-points"]:
            postcode = query.get("postcode", "")
            if not postcode.strip("0"):
                return 503, {"error": "no data"}
            seed = zlib.crc32(postcode.encode())
            return 200, [
                {"name": f"Shop {postcode}-{n}", "distance_m": 120 * n + seed % 97} for n in range(1, 9)
            ]
    return 404, {"error": "not found"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        time.sleep(LATENCY)
        status, content = answer(url.path, {key: values[0] for key, values in parse_qs(url.query).items()})
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        pass


class Upstream:
    def __init__(self, port: int = 0) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


if __name__ == "__main__":
    Upstream(8001).server.serve_forever()
