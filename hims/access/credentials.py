"""Whose key or session is this? Asked for many at once, again and again, while streams are open."""

from collections.abc import Iterable
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import constant_time_compare

from hims.access import keys
from hims.models import AccessKey, Actor


class Credential(NamedTuple):
    """What was shown at the door: the digest of an access key, or the name of a session."""

    key_digest: bytes = b""
    session: str = ""


def shown_in(headers: Iterable[tuple[bytes, bytes]]) -> Credential | None:
    """The credential in ASGI request headers: `Authorization: Token KEY` wins over the cookie."""
    cookies = []
    for name, value in headers:
        if name == b"authorization":
            secret = keys.from_header(value.decode("latin-1"))
            return Credential(key_digest=keys.digest(secret)) if secret else None
        if name == b"cookie":
            cookies.append(value.decode("latin-1"))
    try:
        morsel = SimpleCookie("; ".join(cookies)).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return Credential(session=morsel.value) if morsel and morsel.value else None


def holders(credentials: Iterable[Credential], now: datetime) -> dict[Credential, Actor]:
    """The active actor behind each credential that is good at `now`; three queries for any number.

    The permissions of the actors are read already: asking for them needs no database any more.
    """
    shown = set(credentials)
    found: dict[Credential, Actor] = {}
    digests = [one.key_digest for one in shown if one.key_digest]
    if digests:
        rows = AccessKey.objects.filter(digest__in=digests).select_related("actor__device")
        for key in rows:
            if key.is_open(now):
                found[Credential(key_digest=bytes(key.digest))] = key.actor
    names = [one.session for one in shown if one.session]
    if names:
        found |= _session_holders(names, now)
    active = {credential: actor for credential, actor in found.items() if actor.is_active}
    for actor in active.values():
        _ = actor.permissions
    return active


def _session_holders(names: list[str], now: datetime) -> dict[Credential, Actor]:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    rows = store.get_model_class().objects.filter(session_key__in=names, expire_date__gt=now)
    contents = {row.session_key: row.get_decoded() for row in rows}
    ids = {data[SESSION_KEY] for data in contents.values() if SESSION_KEY in data}
    people = Actor.objects.filter(pk__in=ids).select_related("device")
    actors = {str(actor.pk): actor for actor in people}
    phones = _open_phones({data["phone"] for data in contents.values() if "phone" in data}, now)
    found = {}
    for name, data in contents.items():
        actor = actors.get(data.get(SESSION_KEY))
        # The hash in the session names the password it was opened with: a new one ends it.
        if (
            actor
            and constant_time_compare(data.get(HASH_SESSION_KEY, ""), actor.get_session_auth_hash())
            and data.get("phone") in {None, *phones}
        ):
            found[Credential(session=name)] = actor
    return found


def _open_phones(ids: set[int], now: datetime) -> set[int]:
    """Those of the enrolled phones with a key that is still good."""
    rows = AccessKey.objects.filter(actor_id__in=ids, actor__is_active=True) if ids else []
    return {key.actor_id for key in rows if key.is_open(now)}
