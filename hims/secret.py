"""The demonstration's own secret key: made once, kept beside its data, never in the repository."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def kept_in(var: Path) -> str:
    """The key in `var`/secret-key, made at first use with mode 0600 (two starters agree on one)."""
    place = var / "secret-key"
    var.mkdir(parents=True, exist_ok=True)
    fresh = var / f".secret-key-{os.getpid()}"
    if not place.exists():
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(50))
        with suppress(FileExistsError):
            os.link(fresh, place)
        fresh.unlink()
    return place.read_text()
