"""A second person's yes: asked for, given elsewhere by somebody else, used once.

asked = ask_confirmation(purpose="dispense", shown={...}, about={...}, asked_from=...)
give_confirmation(confirmation=asked, given_from=...)      (another person, another place)
second = use_confirmation(text, purpose="dispense", about={...}, actor=actor, now=now)
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from hims.action import action, digest_of, step, touches
from hims.errors import Finding, Refused
from hims.live import announce
from hims.models import Actor, Confirmation

ASKED_FOR = timedelta(minutes=15)


@action("confirmation.ask")
def ask_confirmation(
    *, actor: Actor, now: datetime, purpose: str, shown: dict, about: Any, asked_from: str
) -> Confirmation:
    """Ask for a second person's yes to `about`, of which they are shown `shown`.

    shown: {"title": …, "lines": [[label, text], …]}. asked_from: the browser or key that asks.
    """
    asked = Confirmation.objects.create(
        purpose=purpose,
        shown=shown,
        digest=digest_of({"about": about}),
        asked_by=actor,
        asked_at=now,
        asked_from=asked_from,
        expires_at=now + ASKED_FOR,
    )
    touches(asked)
    _tell(asked)
    return asked


@action("confirmation.give")
def give_confirmation(
    *, actor: Actor, now: datetime, confirmation: Confirmation, given_from: str, refused: str = ""
) -> Confirmation:
    """Say yes, or no with the words of `refused`. Raises Refused for one's own question, from
    where it was asked, too late, or when somebody has answered."""
    asked = Confirmation.objects.select_for_update().get(pk=confirmation.pk)
    touches(asked)
    if asked.asked_by_id == actor.pk:
        raise _no("own", _("Somebody else must confirm what you ask."))
    if given_from and given_from == asked.asked_from:
        raise _no("same_device", _("Confirm it on your own device, not where it was asked."))
    if asked.given_by_id:
        raise _no("answered", _("This has been answered already."))
    if asked.expires_at <= now:
        raise _no("too_late", _("This was asked too long ago. Have it asked again."))
    asked.given_by, asked.given_at, asked.refused = actor, now, refused[:300]
    asked.save(update_fields=["given_by", "given_at", "refused"])
    _tell(asked)
    return asked


@step
def use_confirmation(
    text: str, *, purpose: str, about: Any, actor: Actor, now: datetime
) -> Confirmation:
    """Take the yes called `text` for exactly `about`, once; `given_by` is the second person.

    Raises Refused with what is wrong: unknown, not answered, said no, used, for something else,
    of another asker, or too old.
    """
    try:
        uid = UUID(str(text).strip())
    except ValueError:
        raise _no("confirmation_unknown", _("This confirmation is not known.")) from None
    asked = (
        Confirmation.objects.select_for_update(of=("self",))
        .select_related("given_by")
        .filter(uid=uid, purpose=purpose)
        .first()
    )
    if asked is None:
        raise _no("confirmation_unknown", _("This confirmation is not known."))
    if asked.given_by_id is None:
        raise _no("confirmation_open", _("Nobody has confirmed it yet."))
    if asked.refused:
        raise _no(
            "confirmation_refused",
            _("%(name)s did not confirm: %(words)s")
            % {"name": asked.given_by.name, "words": asked.refused},
        )
    if asked.used_at:
        raise _no("confirmation_used", _("This confirmation was used already. Ask again."))
    if asked.asked_by_id != actor.pk or actor.pk == asked.given_by_id:
        raise _no("confirmation_of_another", _("This was asked by somebody else."))
    if not asked.given_by.is_active or not asked.given_by.may("confirmation.give"):
        raise _no("confirmation_no_right", _("Whoever confirmed may no longer confirm."))
    if asked.expires_at <= now:
        raise _no("confirmation_too_old", _("This was confirmed too long ago. Ask again."))
    if bytes(asked.digest) != digest_of({"about": about}):
        raise _no(
            "confirmation_of_something_else",
            _("Something was changed after it was confirmed. Ask again."),
        )
    asked.used_at = now
    asked.save(update_fields=["used_at"])
    touches(asked)
    return asked


def _no(code: str, text: str) -> Refused:
    return Refused(Finding(code, text, field="confirmation"))


@step
def _tell(asked: Confirmation) -> None:
    announce("confirmation", [{"id": str(asked.uid), "answered": asked.given_by_id is not None}])
