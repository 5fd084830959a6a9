"""Reminders of appointments, a day before: due rows, told to those who agreed to be told.

What leaves the house names a time and the code to bring, and nothing of whom or what it is about.
"""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from hims.action import step
from hims.actions.alerts import deliver
from hims.actions.appointments import REMIND
from hims.jobs import register_timer
from hims.models import Appointment, PatientContact, Timer
from hims.wire import own_codes


@step
def remind(timer: Timer, now: datetime) -> None:
    """Write one delivery for each contact with an address who consented and did not take it back.

    An appointment that was cancelled or moved meanwhile is not spoken of.
    """
    one = Appointment.objects.filter(
        pk=timer.payload["appointment"], status=Appointment.Status.BOOKED
    ).first()
    if one is None or one.period.lower <= now:
        return
    agreed = PatientContact.objects.filter(
        patient=one.patient_id,
        consented_at__isnull=False,
        withdrawn_at=None,
        ended_at=None,
    ).exclude(email="")
    begins = timezone.localtime(one.period.lower)
    for contact in agreed.order_by("pk"):
        deliver(
            key=f"reminder:{one.uid}:{contact.uid}",
            title=_("Reminder of an appointment"),
            text=_(
                "You asked to be reminded: %(when)s. Please bring this code: %(code)s. "
                "If the time does not suit, tell us."
            )
            % {
                "when": begins.strftime("%Y-%m-%d %H:%M"),
                "code": own_codes.written("appointment", str(one.uid)),
            },
            address=contact.email,
            now=now,
        )


register_timer(REMIND, remind)
