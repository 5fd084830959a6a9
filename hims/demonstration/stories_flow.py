"""What to try where patients arrive, wait and lie: rooms, records, alerts, messages, bookings."""

from dataclasses import replace

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from hims.access.relations import related_patients
from hims.models import Actor, Encounter, Patient

from .accounts import SECRETS, Secrets
from .messages import SENDER, UNMAPPED_WARD
from .records import TWICE
from .story import Story


def stories(viewer: Actor) -> list[Story]:
    """All of them, or none before the emergency department has lived; keys and passwords only to
    those whom the demonstration let in."""
    if not Encounter.objects.exists():
        return []
    kept = None
    if viewer.demonstration and (settings.HIMS_VAR / SECRETS).exists():
        kept = Secrets(settings.HIMS_VAR / SECRETS)
    return [*_about_rooms(), *_about_records(), *_about_the_house(kept)]


def _about_rooms() -> list[Story]:
    return [
        Story(
            _("Somebody arrives whom nobody knows"),
            _("As nurse or receptionist: Patients, Register, nobody knows who it is."),
            _("A record with an invented name, a ticket, and a row on the board at once."),
            page=reverse("register-unknown"),
        ),
        Story(
            _("Two people give one room"),
            _(
                "Sign in as nurse and, in another browser, as charge-nurse. Both open the board "
                "and give the same ready room to two patients."
            ),
            _("One gets it; the other is told who has it and which rooms are ready instead."),
            page=reverse("board"),
        ),
        Story(
            _("One sign asks, two signs free a room"),
            _("On the board, say of a patient in a room that they seem to have left."),
            _(
                "The room asks whether it is empty. It is free only after a second, different "
                "sign; while somebody is at the CT it is held, whatever tags say."
            ),
            page=reverse("board"),
        ),
        Story(
            _("An isolation room"),
            _(
                "Let the patient of the isolation room leave. Then, as cleaner, try to call the "
                "room ready."
            ),
            _("Refused until an isolation clean is done. No machine ever calls a room ready."),
            page=reverse("cleaning"),
        ),
        Story(
            _("A slip of the finger"),
            _("As charge-nurse, block a ready room on the room board, then press Undo."),
            _("The room is as it was, and its history keeps both."),
            page=reverse("rooms"),
        ),
        Story(
            _("Somebody is stuck"),
            _(
                "Wait until a patient is in a room for half an hour and nobody has seen them, or "
                "look at the one who boards. Leave the alert alone."
            ),
            _(
                "It reaches the next role when its time is over, with who was told and when. "
                "Nothing leaves the machine: what would have been sent is on a page."
            ),
            page=reverse("alerts"),
        ),
    ]


def _about_records() -> list[Story]:
    physician = Actor.objects.filter(username="physician").first()
    inpatients = Patient.objects.filter(
        encounters__status__in=Encounter.OPEN, encounters__department__kind="inpatient"
    )
    stranger = (
        inpatients.exclude(pk__in=related_patients(physician).values("pk")).order_by("mrn").first()
        if physician
        else None
    )
    return [
        Story(
            _("One person, two records"),
            _(
                "As receptionist, find this name: two records, one birth date. Merge them, then "
                "take it back on the page of the one that was kept."
            ),
            _("Everything moves to one record, and exactly that moves back."),
            ((_("the name"), TWICE[0][0]),),
            page=reverse("find-patient"),
        ),
        Story(
            _("A record that is not yours"),
            _(
                "As physician, find this number. You are not on shift on that ward: say why you "
                "need the record. Then sign in as privacy-officer."
            ),
            _(
                "It opens for an hour. The privacy officer has a notice at once, and a list of "
                "what is to be reviewed."
            ),
            ((_("the number"), stranger.mrn),) if stranger else (),
            page=reverse("find-patient"),
        ),
        Story(
            _("Who may see the name"),
            _("Open the board as nurse, then as manager; the bed board in the same way."),
            _("Who is on shift there sees names. Others see the ticket, never initials."),
            page=reverse("board"),
        ),
        Story(
            _("One time, two bookings"),
            _(
                "As receptionist, book a free time for a service. In another browser, book the "
                "same one for somebody else."
            ),
            _("The second is refused and offered the next free times."),
            page=reverse("book-appointment"),
        ),
    ]


def _about_the_house(kept: Secrets | None) -> list[Story]:
    sign = Story(
        _("The sign of the waiting room"),
        _("Open this address, which needs no sign-in. Then take the key away from it."),
        _(
            "Ticket numbers and what is usual, never a name. Without the key it says nothing, and "
            "when it was wrong too often it says so instead of a time."
        ),
        page=reverse("wait-sign"),
    )
    sheet = Story(
        _("Nothing runs any more"),
        _("Open the newest sheet of this folder with this password, as a ward would."),
        _("Board, beds and bookings, at most fifteen minutes old, ready to be printed."),
    )
    if kept:
        sign = replace(sign, page=f"{reverse('wait-sign')}?key={kept.sign}")
        sheet = replace(
            sheet,
            codes=(
                (_("the folder"), str(settings.HIMS_DOWNTIME_FOLDER or "")),
                (_("the password"), kept.sheets),
            ),
        )
    return [
        sign,
        Story(
            _("A message names a ward that nobody knows"),
            _("As administrator, look at the words of other systems and map the one below."),
            _("The message was taken all the same, not refused. The next one finds the ward."),
            ((_("the sender"), SENDER), (_("its word"), UNMAPPED_WARD)),
            page=reverse("inbox-words"),
        ),
        *([sheet] if kept else []),
        Story(
            _("Somebody edits the trail"),
            _(
                "Beside the running demonstration, as the owner of the database would: manage.py "
                "seal, then manage.py simulate_tampering, then manage.py verify."
            ),
            _(
                "The entry is named, although no trigger saw the change. So does the program "
                "hims/verify_audit.py, which needs no database: give it what manage.py "
                "audit_export wrote. simulate_tampering --undo puts the entry back."
            ),
        ),
    ]
