"""The one way out of the house for words: e-mail and webhooks, through Apprise.

A webhook's name is looked up once, by us: each address it leads to is judged, and the connection
goes to the one that was judged, so that a name cannot mean something else a moment later.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import apprise
from django.conf import settings
from urllib3.util import connection as outgoing

from hims.domain.channels import (
    EMAIL,
    WEBHOOK,
    Letter,
    apprise_email,
    apprise_webhook,
    may_reach,
    webhook_fault,
)


class NotSent(Exception):
    """It did not reach whom it was for; says why, without the address."""


def send(letter: Letter) -> None:
    """Send one letter. Raises NotSent. May take some seconds: not inside a transaction."""
    asset = apprise.AppriseAsset(
        app_id="HIMS",
        app_desc="HIMS",
        app_url=settings.HIMS_ADDRESS,
        http_redirects=False,
    )
    way = apprise.Apprise(asset=asset)
    if letter.kind == EMAIL:
        if not settings.HIMS_MAIL_URL:
            raise NotSent("this house names no mail server (HIMS_MAIL_URL)")
        named = apprise_email(settings.HIMS_MAIL_URL, letter.address)
    else:
        if fault := webhook_fault(letter.address, settings.HIMS_WEBHOOK_NETWORKS):
            raise NotSent(f"the address may not be used: {fault}")
        named = apprise_webhook(letter.address)
    if not way.add(named):
        raise NotSent("the address cannot be read")
    judged: AbstractContextManager[set[str]] = nullcontext(set())
    if letter.kind == WEBHOOK:
        judged = _outside_only()
    with judged as refused:
        sent = way.notify(title=letter.title, body=letter.text or letter.title)
    if not sent and refused:
        raise NotSent("its name leads to a machine inside this house's network")
    if not sent:
        raise NotSent("the other side did not take it")


_lock = threading.Lock()
_refused: list[set[str]] = []
"""For each webhook under way the names that were refused; while there is one, every connection that
urllib3 makes in this process is judged, in whichever thread Apprise makes it."""
_connect = outgoing.create_connection


@contextmanager
def _outside_only() -> Iterator[set[str]]:
    refused: set[str] = set()
    with _lock:
        _refused.append(refused)
        outgoing.create_connection = _connect_outside
    try:
        yield refused
    finally:
        with _lock:
            _refused[:] = [one for one in _refused if one is not refused]
            if not _refused:
                outgoing.create_connection = _connect


def _connect_outside(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
    """A connection to an allowed address that a name leads to; if one of them is inside, none."""
    host, port = address
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    if not all(may_reach(one, settings.HIMS_WEBHOOK_NETWORKS) for one in found):
        for refused in _refused:
            refused.add(host)
        raise OSError("inside")
    return _connect((min(found), port), *args, **kwargs)
