"""The role table and the read gate: who may do what, and who may know of which rows."""

import ast

import pytest
from django.core.management import call_command

from hims.access.roles import (
    CLOCK_PERMISSIONS,
    ROLE_TABLE,
    SCOPE_TABLE,
    Role,
    permissions_of_roles,
    permissions_of_scopes,
)
from hims.access.scopes import NoRule, register, ruled_models, the_one, visible_to
from hims.errors import NotFound
from hims.live import Event, registered_kinds, seen_by
from hims.models import Actor, Device, IdempotentAnswer, Patient, Staff
from hims.queries.actors import clock, console
from inventory.models import Asset
from tests import given
from tests.architecture.source import modules
from tracking.actions.scans import record_scan
from tracking.models import OpenStay, Position, Scan, Sighting, Stay, TagAssignment

NOBODYS = "a permission that no role holds"


@pytest.fixture
def house(db):
    house = given.hospital()
    given.everybody_somewhere(house)
    return house


# --- the table ------------------------------------------------------------------------------------


def test_every_permission_of_the_table_is_asked_for_somewhere():
    """A permission that nobody asks for is a rule that nobody keeps."""
    said = {
        node.value
        for module in modules()
        if module.name != "hims.access.roles"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert ROLE_TABLE.keys() - said == set()


def test_every_permission_is_held_by_some_role():
    assert [name for name, holders in ROLE_TABLE.items() if not holders] == []


def test_the_matrix_prints_every_role_and_every_permission(capsys):
    call_command("permissions")
    printed = capsys.readouterr().out
    for role in Role:
        assert role.value in printed or role.value.replace("_", " ") in printed
    for permission in ROLE_TABLE:
        assert permission in printed


@pytest.mark.parametrize(
    ("role", "permission", "may"),
    [
        ("porter", "sighting.found", True),
        ("porter", "staff_counts.view", False),
        ("porter", "patients.view", False),
        ("porter", "audit.view", False),
        ("porter", "actor.add", False),
        ("nurse", "asset.set_state", True),
        ("nurse", "staff_position.ask", False),
        ("manager", "audit.view", True),
        ("manager", "asset.set_state", False),
        ("privacy_officer", "audit.view", True),
        ("privacy_officer", "device.revoke", True),
        ("privacy_officer", "device.add", False),
        ("administrator", "audit.view", False),
        ("administrator", "actor.add", True),
        ("biomedical_engineer", "tag.assign", True),
        ("pharmacist", "tag.assign", False),
    ],
)
def test_the_table_says_what_the_house_has_agreed(role, permission, may):
    assert (permission in permissions_of_roles([role])) is may


def test_the_roles_of_somebody_add_up():
    both = permissions_of_roles(["porter", "manager"])
    assert both == permissions_of_roles(["porter"]) | permissions_of_roles(["manager"])


def test_a_role_that_does_not_exist_opens_nothing():
    assert permissions_of_roles(["director"]) == frozenset()
    assert permissions_of_scopes(["everything"]) == frozenset()


@pytest.mark.django_db
def test_machines_and_the_clock_hold_no_role_of_people():
    device, _ = given.device("scans")
    assert device.actor.permissions == SCOPE_TABLE["scans"]
    assert clock().permissions == CLOCK_PERMISSIONS
    assert not clock().may("actor.add")
    assert console().may("actor.add")
    assert console().may(NOBODYS)


@pytest.mark.django_db
def test_somebody_who_left_may_nothing():
    left = given.person("left", ["administrator"])
    left.is_active = False
    assert left.permissions == frozenset()


# --- the read gate --------------------------------------------------------------------------------


def test_every_ruled_model_answers_every_role(house):
    viewers = [*house.people.values(), clock(), console(), given.device("events")[0].actor]
    for model in ruled_models():
        for viewer in viewers:
            assert visible_to(viewer, model.objects.all()).count() <= model.objects.count()


def test_somebody_without_a_role_knows_of_nothing_but_themselves(house):
    for model in ruled_models():
        seen = set(visible_to(house.newcomer, model.objects.all()))
        assert seen <= {house.newcomer}, model


def test_a_machine_that_scans_knows_of_nothing_but_itself(house):
    machine = given.device("scans")[0].actor
    for model in ruled_models():
        assert set(visible_to(machine, model.objects.all())) <= {machine}, model


@pytest.mark.parametrize("role", Role)
def test_no_role_knows_of_patients_or_of_rows_that_place_a_person(house, role):
    viewer = house.people[role]
    assert not visible_to(viewer, Patient.objects.all()).exists()
    for model in (Position, OpenStay, Stay, Sighting, TagAssignment):
        assert model.objects.filter(asset_id=None).exists() or model is Sighting
        assert not visible_to(viewer, model.objects.filter(asset_id=None)).exists(), model


def test_a_scan_of_a_wristband_or_a_badge_is_nobodys_to_see(house):
    for code in ("HIMS:PATIENT:MRN-777001", "HIMS:TAG:C3:00:00:00:09:00", "HIMS:ASSET:P-1"):
        record_scan(actor=house.nurse, now=house.now, code=code, zone=house.zones["COR"])
    for role, viewer in house.people.items():
        kinds = set(visible_to(viewer, Scan.objects.all()).values_list("kind", flat=True))
        assert kinds == ({"asset"} if viewer.may("transmitters.view") else set()), role


def test_only_who_may_see_accounts_knows_of_staff(house):
    for role, viewer in house.people.items():
        seen = visible_to(viewer, Staff.objects.all()).exists()
        assert seen is viewer.may("actors.view"), role


def test_everybody_may_see_their_own_account_and_no_other(house):
    assert set(visible_to(house.porter, Actor.objects.all())) == {house.porter}
    assert visible_to(house.administrator, Actor.objects.all()).count() > 10


def test_a_model_without_a_rule_is_an_error_not_everything(house):
    with pytest.raises(NoRule):
        visible_to(house.administrator, IdempotentAnswer.objects.all())


def test_a_rule_is_handed_down_once():
    with pytest.raises(ValueError, match="already"):
        register(Asset, lambda viewer, rows: rows)


def test_what_is_hidden_and_what_is_absent_sound_the_same(house):
    device, _ = given.device("scans")
    with pytest.raises(NotFound) as hidden:
        the_one(house.porter, Device.objects.all(), pk=device.pk)
    with pytest.raises(NotFound) as absent:
        the_one(house.administrator, Device.objects.all(), pk=0)
    assert str(hidden.value) == str(absent.value)


def test_a_lookup_by_something_that_is_no_key_is_not_found(house):
    with pytest.raises(NotFound):
        the_one(house.porter, Asset.objects.all(), uid="not-a-uuid")


# --- the event stream -----------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_no_event_tells_anybody_where_a_person_is(house, role):
    rows = [
        {"id": str(one.uid), "bearer": kind, "zone": "W1", "floor": "1"}
        for kind, one in [
            ("staff", house.staff["S-900"]),
            ("patient", house.patients["MRN-777001"]),
        ]
    ]
    viewer = house.people[role]
    assert seen_by(viewer, Event("position", rows, [None, None])) is None
    asset = {"id": "a", "bearer": "asset", "zone": "W1", "floor": "1"}
    told = seen_by(viewer, Event("position", [*rows, asset], [None] * 3))
    assert told is not None
    assert [row["bearer"] for row in told.rows] == ["asset"]


def test_somebody_without_a_role_hears_no_event(house):
    row = {"id": "a", "bearer": "asset", "zone": "W1", "floor": "1"}
    for kind in registered_kinds():
        assert seen_by(house.newcomer, Event(kind, [row], [None])) is None, kind
    assert seen_by(house.administrator, Event("a kind of nobody", [row], [None])) is None
