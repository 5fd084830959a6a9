"""The one way out of the house for words: e-mail and webhooks, through Apprise.

A webhook's name is looked up once, by us: each address it leads to is judged, and the connection
goes to the one that was judged, so that a name cannot mean something else a moment later.
"""

import socket
import threading
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
        app_id="HIMS", app_desc="HIMS", app_url=settings.HIMS_ADDRESS, http_redirects=False
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
    _watched.on = letter.kind == WEBHOOK
    _watched.why = ""
    try:
        sent = way.notify(title=letter.title, body=letter.text or letter.title)
    finally:
        _watched.on = False
    if not sent:
        raise NotSent(_watched.why or "the other side did not take it")


_watched = threading.local()
_connect = outgoing.create_connection


def _connect_outside(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
    """A connection to the first allowed address that a name leads to."""
    if not getattr(_watched, "on", False):
        return _connect(address, *args, **kwargs)
    host, port = address
    found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    inside = [one for one in found if not may_reach(str(one), settings.HIMS_WEBHOOK_NETWORKS)]
    if inside or not found:
        _watched.why = "its name leads to a machine inside this house's network"
        raise OSError(_watched.why)
    return _connect((str(sorted(found)[0]), port), *args, **kwargs)


outgoing.create_connection = _connect_outside
