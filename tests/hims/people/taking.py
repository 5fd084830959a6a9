"""Steps of registration as a machine would call them: inside a gate of their own."""

from typing import Any

from hims import gate
from hims.actions.registration import take_patient
from hims.models import Patient
from tests.given import House


def taken(house: House, **said: Any) -> Patient:
    """What `take_patient` makes of what was said, as the console."""
    from hims.queries.actors import console

    act = gate.Act(name="test", actor=console(), now=house.now)
    with gate.opened(act):
        return take_patient(actor=act.actor, now=house.now, **said)
