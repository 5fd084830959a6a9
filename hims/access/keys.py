"""Keys of devices and tokens of people: 256 random bits, of which only the SHA-256 is kept."""

import hashlib
import secrets

from hims.models import AccessKey


def new_secret() -> str:
    """A fresh key, as it is shown once."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of a key (32 bytes). A key is random, so a plain hash needs no salt."""
    return hashlib.sha256(secret.encode()).digest()


def open_key(secret: str, now) -> AccessKey | None:
    """The key row that `secret` opens at `now`, with its actor; None if unknown or closed."""
    key = (
        AccessKey.objects.select_related("actor", "actor__device")
        .filter(digest=digest(secret))
        .first()
    )
    if key is None or not key.is_open(now) or not key.actor.is_active:
        return None
    return key


def from_header(header: str) -> str | None:
    """The KEY of `Authorization: Token KEY`; None if the header is something else."""
    scheme, _, secret = header.partition(" ")
    return secret.strip() if scheme.lower() == "token" and secret.strip() else None
