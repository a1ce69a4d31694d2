"""Keeps the app on this machine: what is sent to it was made up, and must not become mail, payments or messages to others."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .guard import RefusedNetworkError, address_of
from .state import Probe

CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
NAMING = frozenset(
    {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyname_ex", "socket.gethostbyaddr"}
)


class Fence:
    """Refuses what leaves the machine, at the interpreter's own audit events, which no library of Python goes round."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._databases = {address_of(entry)[1] for entry in probe.config.databases or () if "://" in entry}
        """Hosts of databases that the run was told it may use, wherever they are."""
        self._said: set[str] = set()

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Called for each audited event of the interpreter."""
        if event in CONNECTING:
            address = arguments[1]
            if type(address) is tuple and not self._may(address[0]):
                self._refuse(f"{address[0]}:{address[1]}")
        elif event in NAMING:
            host = arguments[0]
            if host and not is_number(host) and not self._may(host):
                self._refuse(_text(host))

    def _may(self, host: Any) -> bool:
        return is_here(host) or host in self._databases

    def _refuse(self, address: str) -> None:
        try:
            if address not in self._said:
                self._said.add(address)
                stack = self._probe.stacks.here()
                self._probe.output.put(
                    {"type": "refused", "what": "network", "address": address, "stack": stack}
                )
        except Exception as error:
            self._probe.fault("offline", error)
        raise RefusedNetworkError(
            f"pitstop refused a connection to {address}: this run stays on this machine"
        )


def is_here(host: Any) -> bool:
    """Whether a host is this machine: loopback by name or number, or all of its own addresses at once."""
    name = _text(host)
    if name in ("", "localhost", "ip6-localhost") or name.endswith(".localhost"):
        return True
    address = _number(name)
    if address is None:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or address.is_unspecified)


def is_number(host: Any) -> bool:
    """Whether a host is given as an address, of which nobody has to be asked."""
    return _number(_text(host)) is not None


def _text(host: Any) -> str:
    if isinstance(host, (bytes, bytearray)):
        return host.decode("ascii", "replace")
    return host if isinstance(host, str) else ""


def _number(name: str) -> Any:
    try:
        return ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return None


def install(probe: Probe, _after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Refuse connections to other machines from now on, and look-ups of their names."""
    sys.addaudithook(Fence(probe).audit)
