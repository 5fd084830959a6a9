"""`/api/flow/rooms/` and what programs say of bed spaces."""

import pytest
from django.utils import timezone

from hims.models import BedSpace
from tests import given, given_flow

pytestmark = pytest.mark.django_db


def test_rooms_are_listed_with_what_is_believed_and_told_what_happened():
    house = given.hospital()
    flow = given_flow.a_department(house, timezone.now())
    visit = given_flow.arrived(house, flow)
    nurse = given.with_token(house.nurse)
    a, b = flow.spaces["ED-1-A"], flow.spaces["ED-1-B"]

    def said(word, space=a, **body):
        url = f"/api/flow/bed-spaces/{space.uid}/{word}/"
        return nurse.post(url, body, content_type="application/json")

    held = said("reserve", encounter=str(visit.uid), minutes=10)
    assert held.status_code == 200
    assert held.json()["state"] == "reserved"
    other = given_flow.arrived(house, flow, "MRN-777002", at=timezone.now())
    taken = said("reserve", encounter=str(other.uid))
    assert taken.status_code == 409
    assert visit.ticket in taken.json()["detail"]
    assert {"space": "ED-1-B", "name": "ED-1-B", "id": str(b.uid)} in taken.json()["alternatives"]
    assert said("occupy", encounter=str(visit.uid)).json()["state"] == "occupied"
    assert said("sign").json()["state"] == "occupied", "one sign only asks"

    found = nurse.get("/api/flow/rooms/?department=ED").json()["results"]
    rooms = {room["code"]: room for room in found}
    assert set(rooms) == {"ED-1-A", "ED-1-B"}, "closed spaces and other departments are left out"
    assert rooms["ED-1-A"]["state"] == "occupied"
    assert rooms["ED-1-A"]["hindrance"] == {"code": "seems_empty", "helps": "confirm_empty"}
    assert rooms["ED-1-A"]["encounter"] == str(visit.uid)
    assert rooms["ED-1-A"]["patient"] is None, "who it is, is for those who care"
    assert rooms["ED-1-B"]["hindrance"] is None

    porter = given.with_token(house.porter).get("/api/flow/rooms/?state=occupied").json()
    assert [room["encounter"] for room in porter["results"]] == [None]
    assert said("left").json()["state"] == "dirty"
    assert said("undo").json()["state"] == "occupied"
    assert said("undo").status_code == 409, "an undo is not undone"
    assert said("left").json()["state"] == "dirty"
    for word, state in (("claim", "dirty"), ("start", "cleaning")):
        assert said(word).json()["state"] == state
    assert said("done", ready=True).json()["state"] == "ready"
    assert said("block").status_code == 400, "why?"
    assert said("block", reason="flood").json()["state"] == "blocked"
    machine = given.knocking(given.device("hl7")[1])
    url = f"/api/flow/bed-spaces/{b.uid}/ready/"
    assert machine.post(url, {}, content_type="application/json").status_code == 403
    assert BedSpace.objects.get(pk=a.pk).blocked_reason == "flood"
