"""Addresses outside the pages: which may be named, which may be reached, and how Apprise says them.

A webhook must not become a way into the house's own network: what is inside is refused, unless the
network is listed. Names are looked up when something is sent, and every address they lead to is
judged. Pure.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

EMAIL, WEBHOOK = "email", "webhook"
LONGEST = 400
CONNECT_S, READ_S = 3, 4
INSIDE_NAMES = (".local", ".localhost", ".internal", ".lan", ".home", ".intranet")
EMAIL_SHAPE = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
HOST_CHARACTERS = re.compile(r"[a-z0-9.\-]+")


@dataclass(frozen=True)
class Letter:
    """What is to be sent, and where: the row, as the `attempt`-th claim took it."""

    delivery: int
    attempt: int
    kind: str
    address: str = field(repr=False)
    title: str
    text: str


def is_email(address: str) -> bool:
    """Whether it is one plain e-mail address."""
    return len(address) <= 254 and EMAIL_SHAPE.fullmatch(address) is not None


def webhook_fault(address: str, networks: Iterable[str] = ()) -> str | None:
    """Why an address cannot be a webhook's: a code, or None if it can.

    syntax (no https address we can read), inside (this house's own machines), plain (http, which is
    for listed networks only).
    """
    if len(address) > LONGEST or not address.isprintable() or " " in address or "\\" in address:
        return "syntax"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "syntax"
    if parts.scheme not in ("http", "https") or not host or port == 0 or parts.fragment:
        return "syntax"
    literal = _literal(host)
    if literal is None and not HOST_CHARACTERS.fullmatch(host):
        return "syntax"
    if literal is not None and not may_reach(literal, networks):
        return "inside"
    if literal is None and (host.endswith(INSIDE_NAMES) or "." not in host.rstrip(".")):
        return "inside"
    if parts.scheme == "http" and not (literal is not None and _listed(literal, networks)):
        return "plain"
    return None


def may_reach(found: IPv4Address | IPv6Address | str, networks: Iterable[str] = ()) -> bool:
    """Whether a webhook may go to this address: a public one, or one in a listed network."""
    where = ip_address(found.split("%")[0]) if isinstance(found, str) else found
    if _listed(where, networks):
        return True
    inner = _inner(where)
    return where.is_global and not where.is_multicast and (inner is None or may_reach(inner))


def _inner(where: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for: mapped, 6to4, or translated (NAT64)."""
    if isinstance(where, IPv4Address):
        return None
    if where.ipv4_mapped or where.sixtofour:
        return where.ipv4_mapped or where.sixtofour
    if where in ip_network("64:ff9b::/96"):
        return IPv4Address(int(where) & 0xFFFFFFFF)
    return None


def _listed(where: IPv4Address | IPv6Address, networks: Iterable[str]) -> bool:
    return any(where in ip_network(one, strict=False) for one in networks)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def apprise_webhook(address: str) -> str:
    """How Apprise names a webhook that takes JSON by POST. Nothing in the address is taken for an
    option of Apprise's: what it asks for goes on as it stands."""
    parts = urlsplit(address)
    asked = [(f"-{name}", value) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    asked += [("cto", str(CONNECT_S)), ("rto", str(READ_S)), ("redirect", "no")]
    scheme = "jsons" if parts.scheme == "https" else "json"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=-._~")
    return f"{scheme}://{parts.netloc}{path}?{urlencode(asked)}"


def apprise_email(server: str, address: str) -> str:
    """How Apprise names a mail to `address` by way of the house's mail server."""
    sign = "&" if "?" in server else "?"
    return f"{server}{sign}to={quote(address, safe='')}&format=text"


def shown(kind: str, address: str) -> str:
    """What of an address may be read back: enough to know it again, never a secret."""
    if kind == "email":
        name, _at, domain = address.partition("@")
        return f"{name[:1]}…@{domain}"
    return f"{urlsplit(address).hostname or ''}/…"
