"""People who sign in: who they are, what they may, how they prove it."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hims.access.hidden import Hidden
from hims.access.roles import Role
from hims.action import action, touches
from hims.actions.registry import tell_registry
from hims.domain.badges import badge_of
from hims.domain.pins import weakness
from hims.errors import Finding, Invalid, NotFound, Refused
from hims.models import Actor, Device

PIN_FAULTS = {
    "shape": gettext_lazy("A PIN has 6 to 12 digits."),
    "same": gettext_lazy("Use more than one digit."),
    "ladder": gettext_lazy("Digits that follow one another are too easy to guess."),
    "pattern": gettext_lazy("The same few digits again and again are too easy to guess."),
    "badge": gettext_lazy("Your PIN must not be part of your badge number."),
}
"""What is said of each weakness that hims.domain.pins knows."""


@action("actor.add")
def add_person(
    *,
    actor: Actor,
    now: datetime,
    username: str,
    name: str,
    roles: list[str],
    password: Hidden,
    badge: str = "",
    demonstration: bool = False,
) -> Actor:
    """A new person who may sign in. Raises Invalid for a bad or taken name, badge or password."""
    person = Actor(
        username=_good_username(username),
        name=_good_name(name),
        roles=_good_roles(roles),
        badge=_free_badge(badge, None),
        demonstration=demonstration,
    )
    if Actor.objects.filter(username=person.username).exists():
        raise Invalid(
            Finding("taken", _("There is somebody with this user name already."), field="username")
        )
    _set_password(person, password)
    person.save()
    touches(person)
    return person


@action("actor.change")
def change_person(
    *,
    actor: Actor,
    now: datetime,
    person: Actor,
    name: str,
    roles: list[str],
    badge: str = "",
    reason: str = "",
) -> Actor:
    """Another name, other roles or another badge. A badge that goes to somebody else is first
    taken away from its holder. Nobody changes their own roles."""
    person = _locked(person)
    roles = _good_roles(roles)
    if person.pk == actor.pk and set(roles) != set(person.roles):
        raise Refused(
            Finding("own_roles", _("Somebody else must change your own roles."), field="roles")
        )
    person.name = _good_name(name)
    person.roles = roles
    person.badge = _free_badge(badge, person)
    person.save()
    touches(person)
    tell_registry("keys")
    return person


@action("actor.deactivate")
def deactivate_person(*, actor: Actor, now: datetime, person: Actor, reason: str = "") -> Actor:
    """Somebody no longer signs in: sessions, tokens and badge end at once."""
    person = _locked(person)
    if person.pk == actor.pk:
        raise Refused(Finding("oneself", _("Somebody else must end your own account.")))
    person.is_active = False
    person.badge = None
    person.save()
    person.keys.filter(revoked_at=None).update(revoked_at=now)
    touches(person)
    tell_registry("keys")
    return person


@action("actor.reactivate")
def reactivate_person(*, actor: Actor, now: datetime, person: Actor, reason: str = "") -> Actor:
    """Somebody comes back. The badge and the tokens stay away until they are given again."""
    person = _locked(person)
    person.is_active = True
    person.save()
    touches(person)
    return person


@action("actor.reset_password")
def reset_password(
    *, actor: Actor, now: datetime, person: Actor, password: Hidden, reason: str = ""
) -> Actor:
    """A new password from an administrator; the PIN goes too, and open sessions end."""
    person = _locked(person)
    _set_password(person, password)
    person.pin = ""
    person.save()
    touches(person)
    return person


@action("self.change_password")
def change_own_password(*, actor: Actor, now: datetime, old: Hidden, password: Hidden) -> Actor:
    """One's own new password; the old one is asked for. One's other sessions end."""
    person = _locked(actor)
    _prove(person, old, "old")
    _set_password(person, password)
    person.save()
    touches(person)
    return person


@action("self.set_pin")
def set_own_pin(*, actor: Actor, now: datetime, password: Hidden, pin: Hidden) -> Actor:
    """One's own PIN for shared phones; the password is asked for.

    Raises Invalid for a wrong password or a PIN that is too easy to guess.
    """
    person = _locked(actor)
    _prove(person, password, "password")
    if fault := weakness(pin.text, person.badge or ""):
        raise Invalid(Finding(f"pin_{fault}", str(PIN_FAULTS[fault]), field="pin"))
    person.set_pin(pin.text)
    person.save()
    touches(person)
    return person


# --- sessions --------------------------------------------------------------------------------


@action("session.begin")
def begin_session(*, actor: Actor, now: datetime, phone: Actor | None = None) -> None:
    """Somebody signed in, perhaps on an enrolled phone."""
    touches(actor, *([phone] if phone else []))
    if phone:
        Device.objects.filter(actor=phone).update(last_seen_at=now)


@action("session.end")
def end_session(*, actor: Actor, now: datetime, phone: Actor | None = None) -> None:
    """Somebody signed out."""
    touches(actor, *([phone] if phone else []))


@action("session.refuse")
def refuse_session(
    *,
    actor: Actor,
    now: datetime,
    person: Actor | None = None,
    phone: Actor | None = None,
    reason: str = "",
) -> None:
    """Somebody who did not prove to be `person` tried to sign in as them; the clock notes it.

    Without `person` the name is not ours. It is not kept: people type passwords there.
    """
    touches(*[thing for thing in (person, phone) if thing])


# --- what is asked of names, roles, badges and passwords ------------------------------------------


def _locked(person: Actor) -> Actor:
    found = Actor.objects.select_for_update().filter(pk=person.pk, kind=Actor.Kind.PERSON).first()
    if found is None:
        raise NotFound("no such person")
    return found


def _good_username(text: str) -> str:
    text = text.strip()
    if not (2 <= len(text) <= 80 and text.isprintable() and " " not in text):
        raise Invalid(
            Finding(
                "bad_username", _("A user name has 2 to 80 signs and no blanks."), field="username"
            )
        )
    return text


def _good_name(text: str) -> str:
    text = " ".join(text.split())
    if not (1 <= len(text) <= 160 and text.isprintable()):
        raise Invalid(Finding("bad_name", _("Say the name, up to 160 signs."), field="name"))
    return text


def _good_roles(roles: list[str]) -> list[str]:
    if strange := sorted(set(roles) - set(Role)):
        raise Invalid(
            Finding(
                "bad_role", _("There is no role %(role)s.") % {"role": strange[0]}, field="roles"
            )
        )
    return [role.value for role in Role if role.value in roles]


def _free_badge(text: str, person: Actor | None) -> str | None:
    badge = badge_of(text or "")
    if not badge:
        return None
    if len(badge) > 64 or not badge.isprintable():
        raise Invalid(Finding("bad_badge", _("A badge has up to 64 signs."), field="badge"))
    holder = Actor.objects.filter(badge=badge).exclude(pk=person and person.pk).first()
    if holder:
        raise Invalid(
            Finding(
                "badge_taken",
                _("%(name)s has this badge. Take it away there first.") % {"name": holder.name},
                field="badge",
            )
        )
    return badge


def _set_password(person: Actor, password: Hidden) -> None:
    try:
        validate_password(password.text, person)
    except ValidationError as error:
        raise Invalid(
            *(Finding("weak_password", text, field="password") for text in error.messages)
        ) from error
    person.set_password(password.text)


def _prove(person: Actor, password: Hidden, field: str) -> None:
    if not person.check_password(password.text):
        raise Invalid(Finding("wrong_password", _("This is not your password."), field=field))
