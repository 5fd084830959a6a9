"""What only the database can tell about a production site: nobody may still be a demonstration's.

Asked by Django's checks before each command, and by the programs that serve (`refuse_to_start`).
"""

import sys
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.db import DatabaseError

WORDS = (
    "Production has no demonstration accounts, but {count} can sign in ({names}): start with an "
    "empty database, or close these accounts."
)
NAMED = 3


def demonstration_accounts() -> str | None:
    """Return the sentence about demonstration accounts in a production site, or None."""
    from hims.models import Actor

    if not settings.PRODUCTION:
        return None
    names = list(
        Actor.objects.filter(demonstration=True, is_active=True)
        .order_by("username")
        .values_list("username", flat=True)
    )
    if not names:
        return None
    more = ", ..." if len(names) > NAMED else ""
    return WORDS.format(count=len(names), names=", ".join(names[:NAMED]) + more)


@register
def no_demonstration_in_production(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse every command of a production site whose database still knows the demonstration."""
    try:
        sentence = demonstration_accounts()
    except DatabaseError:
        return []  # not there or not migrated yet: the command itself will say so
    return [Error(sentence, id="hims.E001")] if sentence else []


def refuse_to_start() -> None:
    """End this program with the sentence, if there is one; for programs that run no checks.

    While the database cannot be asked it starts: nobody can sign in then, and such accounts are
    refused at sign-in as well (hims.access.backends).
    """
    try:
        sentence = demonstration_accounts()
    except DatabaseError:
        return
    if sentence:
        sys.exit(sentence)
