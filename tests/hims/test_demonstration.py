"""The demonstration: accounts that open, a day of scans, and nothing twice."""

import stat

import pytest
from django.utils import timezone

from hims import demonstration
from hims.access import keys
from hims.access.roles import Role
from hims.demonstration import PEOPLE, open_house
from hims.errors import Refused
from hims.models import Actor, AuditEntry, Device
from hims.wire.hospital.stock_layout import STOCK_SHEETS
from inventory.models import Asset, Product
from tracking.models import Scan, Sighting, TagAssignment


@pytest.fixture
def var(settings, tmp_path):
    settings.HIMS_VAR = tmp_path
    return tmp_path


@pytest.mark.django_db
def test_one_person_of_each_role_signs_in_with_the_password_shown(var):
    access = open_house(now=timezone.now())
    assert access.people == PEOPLE
    assert set(access.people.values()) == set(Role)
    for name, role in access.people.items():
        person = Actor.objects.get(username=name)
        assert person.roles == [role.value]
        assert person.check_password(access.password)
        assert person.check_pin(access.pin)
    others = Actor.objects.filter(kind="person").exclude(username__in=PEOPLE)
    assert others.count() == 75
    assert not any(person.has_usable_password() for person in others)


@pytest.mark.django_db
def test_production_would_know_every_account_as_a_demonstrations(var):
    open_house(now=timezone.now())
    assert not Actor.objects.filter(kind="person", demonstration=False).exists()


@pytest.mark.django_db
def test_a_second_time_changes_nothing_and_gives_the_same_access(var):
    now = timezone.now()
    first = open_house(now=now)
    counts = AuditEntry.objects.count(), Sighting.objects.count(), Actor.history.count()
    assert open_house(now=timezone.now()) == first
    assert (AuditEntry.objects.count(), Sighting.objects.count(), Actor.history.count()) == counts


@pytest.mark.django_db
def test_a_password_that_somebody_changed_is_left_alone(var):
    open_house(now=timezone.now())
    porter = Actor.objects.get(username="porter")
    porter.set_password("my own and longer")
    porter.save()
    open_house(now=timezone.now())
    porter.refresh_from_db()
    assert porter.check_password("my own and longer")


@pytest.mark.django_db
def test_the_secrets_are_new_for_each_data_folder_and_for_their_owner_only(settings, tmp_path):
    given_ = []
    for name in ("one", "two"):
        settings.HIMS_VAR = tmp_path / name
        given_.append(open_house(now=timezone.now()))
        kept = settings.HIMS_VAR / "demonstration.json"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert given_[0].password != given_[1].password
    assert Actor.objects.get(username="nurse").check_password(given_[1].password)
    assert given_[0].password not in repr(given_[0])


@pytest.mark.django_db
def test_things_without_a_tag_were_all_scanned_within_the_day(var):
    now = timezone.now()
    open_house(now=now)
    tagged = TagAssignment.objects.filter(asset__isnull=False).values("asset")
    untagged = Asset.objects.exclude(pk__in=tagged)
    assert untagged.count() > 200
    assert not untagged.exclude(sightings__isnull=False).exists()
    ages = [
        (now - at).total_seconds() / 3600 for at in Sighting.objects.values_list("at", flat=True)
    ]
    assert 0 < min(ages) < 0.5
    assert 5 < max(ages) <= 10.1
    assert Scan.objects.count() == Sighting.objects.count()


@pytest.mark.django_db
def test_the_simulators_key_opens_readings_and_scans(var):
    now = timezone.now()
    access = open_house(now=now)
    device = keys.open_key(access.key, now).actor.device
    assert (device.kind, set(device.scopes)) == (Device.Kind.INTERFACE, {"readings", "scans"})
    device.actor.keys.update(revoked_at=now)
    again = open_house(now=now)
    assert again.key != access.key
    assert keys.open_key(again.key, now)


@pytest.mark.django_db
def test_production_has_no_demonstration(var, settings):
    settings.PRODUCTION = True
    with pytest.raises(Refused, match="not loaded"):
        open_house(now=timezone.now())
    assert not Asset.objects.exists()


@pytest.mark.django_db
def test_a_demonstration_of_before_there_was_a_pharmacy_gets_one_and_keeps_what_was_changed(
    var, monkeypatch, tmp_path
):
    old = tmp_path / "fixtures"
    old.mkdir()
    for path in demonstration.FIXTURES.glob("*.csv"):
        if path.name not in {sheet.file for sheet in STOCK_SHEETS.values()}:
            (old / path.name).write_bytes(path.read_bytes())
    with monkeypatch.context() as then:
        then.setattr(demonstration, "FIXTURES", old)
        open_house(now=timezone.now())
    assert not Product.objects.exists()
    Asset.objects.filter(number="INF-001").update(name="Renamed")
    open_house(now=timezone.now())
    assert Product.objects.count() > 200
    assert Asset.objects.get(number="INF-001").name == "Renamed"
