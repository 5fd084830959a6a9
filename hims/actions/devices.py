"""Keys: of the machines that knock, of enrolled phones, and the API tokens of people."""

import re
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from hims.access import keys
from hims.action import action, step, touches
from hims.actions.registry import tell_registry
from hims.errors import Finding, Invalid, NotFound, Refused
from hims.models import AccessKey, Actor, Device, Zone

OVERLAP = timedelta(hours=24)
PHONE_ENROLLED_FOR = timedelta(days=365)
LONGEST_OVERLAP = timedelta(days=30)
LONGEST_TOKEN_DAYS = 366

_NAME = re.compile(r"[^\s,][^\n\r,]{0,78}[^\s,]|[^\s,]")


@action("device.add")
def add_device(
    *,
    actor: Actor,
    now: datetime,
    name: str,
    kind: str,
    scopes: list[str],
    zone: Zone | None = None,
) -> tuple[Device, str]:
    """A new machine and its key, which is shown this one time only.

    Raises Invalid for a name, kind or scope that cannot be. Phones are enrolled, not added.
    """
    if kind not in Device.Kind.values or kind == Device.Kind.PHONE:
        allowed = ", ".join(value for value in Device.Kind.values if value != Device.Kind.PHONE)
        raise Invalid(
            Finding(
                "bad_kind", _("The kind is one of %(kinds)s.") % {"kinds": allowed}, field="kind"
            )
        )
    device = _new_device(_good_name(name), kind, _good_scopes(scopes), zone)
    return device, _fresh_key(device.actor, now)


@action("device.rotate")
def rotate_device(
    *, actor: Actor, now: datetime, device: Device, overlap: timedelta = OVERLAP
) -> str:
    """A second key for a machine; the keys it had stay open for `overlap`, then close."""
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Invalid(
            Finding("bad_overlap", _("The old key stays open for 0 to 720 hours."), field="overlap")
        )
    device = _locked(device)
    if device.kind == Device.Kind.PHONE:
        raise Refused(
            Finding("phone", _("A phone gets its key on itself: revoke it and enrol it again."))
        )
    for key in _open_keys(device.actor, now):
        closes = now + overlap
        if key.expires_at is None or key.expires_at > closes:
            key.expires_at = closes
            key.save()
    return _fresh_key(device.actor, now)


@action("device.revoke")
def revoke_device(*, actor: Actor, now: datetime, device: Device, reason: str = "") -> Device:
    """Close all keys of a machine at once; on a phone, the sessions begun there end too."""
    device = _locked(device)
    _open_keys(device.actor, now).update(revoked_at=now)
    touches(device.actor)
    tell_registry("keys")
    return device


@action("phone.enrol")
def enrol_phone(
    *, actor: Actor, now: datetime, name: str, zone: Zone | None = None
) -> tuple[Device, str]:
    """Make the phone in one's hand a shared phone of a ward: badge and PIN open it for a year.

    A phone that was revoked may be enrolled again under its name.
    """
    name = _good_name(name)
    device = Device.objects.filter(actor__username=name).select_related("actor").first()
    if device and (device.kind != Device.Kind.PHONE or _open_keys(device.actor, now).exists()):
        raise _taken()
    if device:
        device = _locked(device)
        device.zone = zone
        device.save()
    else:
        device = _new_device(name, Device.Kind.PHONE, [], zone)
    return device, _fresh_key(device.actor, now, until=now + PHONE_ENROLLED_FOR)


@action("token.issue")
def issue_token(
    *, actor: Actor, now: datetime, person: Actor, label: str = "", days: int | None = None
) -> tuple[AccessKey, str]:
    """An API token of a person, shown once. It opens what the person's roles open.

    days: how long it is good for; without, until it is revoked.
    """
    if person.kind != Actor.Kind.PERSON or not person.is_active:
        raise Refused(Finding("no_person", _("Only somebody who may sign in can have a token.")))
    if days is not None and not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise Invalid(Finding("bad_days", _("A token is good for 1 to 366 days."), field="days"))
    secret = _fresh_key(
        person, now, label=label.strip()[:80], until=now + timedelta(days=days) if days else None
    )
    return AccessKey.objects.get(digest=keys.digest(secret)), secret


@action("token.revoke")
def revoke_token(*, actor: Actor, now: datetime, token: AccessKey, reason: str = "") -> AccessKey:
    """Close one token of a person at once."""
    token = (
        AccessKey.objects.select_for_update(of=("self",)).select_related("actor").get(pk=token.pk)
    )
    if token.actor.kind != Actor.Kind.PERSON:
        raise NotFound("no such token")
    if token.revoked_at is None:
        token.revoked_at = now
        token.save()
    touches(token.actor)
    tell_registry("keys")
    return token


# --- shared steps -------------------------------------------------------------------------------


@step
def _new_device(name: str, kind: str, scopes: list[str], zone: Zone | None) -> Device:
    if Actor.objects.filter(username=name).exists():
        raise _taken()
    machine = Actor(kind=Actor.Kind.DEVICE, username=name, name=name)
    machine.set_unusable_password()
    machine.save()
    return Device.objects.create(actor=machine, kind=kind, scopes=scopes, zone=zone)


@step
def _fresh_key(
    holder: Actor, now: datetime, *, label: str = "", until: datetime | None = None
) -> str:
    secret = keys.new_secret()
    AccessKey.objects.create(
        actor=holder, digest=keys.digest(secret), label=label, created_at=now, expires_at=until
    )
    touches(holder)
    tell_registry("keys")
    return secret


def _open_keys(holder: Actor, now: datetime):
    return holder.keys.filter(revoked_at=None).exclude(expires_at__lte=now)


def _locked(device: Device) -> Device:
    return Device.objects.select_for_update(of=("self",)).select_related("actor").get(pk=device.pk)


def _taken() -> Invalid:
    return Invalid(Finding("taken", _("There is something of this name already."), field="name"))


def _good_name(text: str) -> str:
    text = text.strip()
    if not (_NAME.fullmatch(text) and text.isprintable()):
        raise Invalid(
            Finding("bad_name", _("A name has 1 to 80 signs and no comma."), field="name")
        )
    return text


def _good_scopes(scopes: list[str]) -> list[str]:
    strange = [scope for scope in scopes if scope not in Device.Scope.values]
    if strange or not scopes:
        raise Invalid(
            Finding(
                "bad_scope",
                _("Scopes are one or more of %(scopes)s.")
                % {"scopes": ", ".join(Device.Scope.values)},
                field="scopes",
            )
        )
    return [scope for scope in Device.Scope.values if scope in scopes]
