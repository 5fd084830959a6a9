"""Who may send to us: listed by an administrator, with what it owns and whether it is applied."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.actions.taken import refused_when_taken
from hims.errors import Finding, Invalid
from hims.models import Actor, Device, Interface
from hims.queries import inbox
from hims.wire.hl7v2 import CHARACTER_SETS

from .account import OWNABLE


@action("interface.change")
def add_interface(
    *,
    actor: Actor,
    now: datetime,
    name: str,
    sending_application: str,
    sending_facility: str = "",
    mode: str = Interface.Mode.SHADOW,
    owns: Sequence[str] = OWNABLE,
    character_set: str = "",
) -> Interface:
    """List a sender. It gets an actor of its own, so that the trail says which system it was.

    Raises Invalid for what cannot be, Refused when this sender or name is listed already.
    """
    new = Interface(
        name=_named(name),
        sending_application=sending_application.strip()[:180],
        sending_facility=sending_facility.strip()[:180],
    )
    if not new.sending_application:
        said = _("Say what the sender calls itself in MSH-3.")
        raise Invalid(Finding("no_application", said, field="sending_application"))
    _set(new, mode, owns, character_set)
    new.actor = _machine(new.name)
    return _kept(new)


@action("interface.change")
def change_interface(
    *,
    actor: Actor,
    now: datetime,
    interface: Interface,
    name: str,
    mode: str,
    owns: Sequence[str],
    character_set: str = "",
) -> Interface:
    """Change how a sender is treated; one that only knocked is listed by this."""
    row = Interface.objects.select_for_update(of=("self",)).get(pk=interface.pk)
    row.name = _named(name)
    _set(row, mode, owns, character_set)
    if row.actor_id is None:
        row.actor = _machine(row.name)
    return _kept(row)


def _set(row: Interface, mode: str, owns: Sequence[str], character_set: str) -> None:
    if mode not in Interface.Mode.values:
        raise Invalid(Finding("bad_mode", _("There is no such mode."), field="mode"))
    strange = [word for word in owns if word not in OWNABLE]
    if strange:
        said = _("No sender can own %(word)s.") % {"word": strange[0]}
        raise Invalid(Finding("bad_owns", said, field="owns"))
    if character_set and character_set.upper() not in CHARACTER_SETS:
        said = _("This character set is not known.")
        raise Invalid(Finding("bad_character_set", said, field="character_set"))
    row.mode, row.character_set = mode, character_set
    row.owns = [word for word in OWNABLE if word in owns]


def _named(name: str) -> str:
    name = " ".join(name.split())[:80]
    if not name:
        raise Invalid(Finding("no_name", _("Give the sender a name."), field="name"))
    return name


@step
def _kept(row: Interface) -> Interface:
    taken = Finding("listed", _("This sender, or this name, is listed already."), field="name")
    with refused_when_taken(taken):
        row.save()
    touches(row)
    inbox.forget()
    return row


@step
def _machine(name: str) -> Actor:
    """The actor that the sender's messages are applied as."""
    username, number = f"hl7 {name}"[:76], 1
    while Actor.objects.filter(username=username).exists():
        number += 1
        username = f"hl7 {name}"[:72] + f" {number}"
    machine = Actor(kind=Actor.Kind.DEVICE, username=username, name=name)
    machine.set_unusable_password()
    machine.save()
    scopes = [Device.Scope.HL7]
    Device.objects.create(actor=machine, kind=Device.Kind.INTERFACE, scopes=scopes)
    return machine
