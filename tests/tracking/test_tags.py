"""Tags and gateways in the settings: adopted, fastened, taken off, placed."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hims.errors import Refused
from hims.models import AuditEntry
from hims.queries.actors import console
from tests import given
from tests.people import browser_of
from tracking.actions.gateways import bind_gateway, place_gateway
from tracking.actions.tags import add_tag, assign_tag, release_tag
from tracking.models import Gateway, GatewayHealth, Tag, TagAssignment, UnknownTransmitter
from tracking.queries.gateways import health_of
from tracking.queries.tags import worn_now


@pytest.fixture
def house(db):
    return given.hospital()


@pytest.fixture
def engineer(house):
    return browser_of("biomedical_engineer")


def fresh_tag(address="c3:00:00:00:aa:01") -> Tag:
    return add_tag(actor=console(), now=timezone.now(), address=address)


def assign(browser, tag, words, kind="asset", **more):
    asked = {"kind": kind, "words": words, **more}
    return browser.post(reverse("assign-tag", args=[tag.uid]), asked)


def bearer(tag):
    worn = worn_now(tag)
    return worn and worn.bearer


def heard(kind="tag", address="c3aa00000001", **more):
    now = timezone.now()
    return UnknownTransmitter.objects.create(
        kind=kind, address=address, first_heard_at=now, last_heard_at=now, count=7, **more
    )


# --- adopting -------------------------------------------------------------------------------------


def test_one_press_makes_an_unknown_tag_one_of_ours(house, engineer):
    unknown = heard()
    listed = engineer.get(reverse("unknown-transmitters")).content.decode()
    assert "c3aa00000001" in listed
    assert "7 times" in listed
    answer = engineer.post(reverse("adopt-transmitter", args=[unknown.pk]))
    tag = Tag.objects.get(address="c3aa00000001")
    assert answer["Location"] == reverse("tag", args=[tag.uid])
    assert not UnknownTransmitter.objects.exists()
    assert AuditEntry.objects.get(action="tag.adopt").objects_named == [f"tag:{tag.uid}"]


def test_one_press_makes_an_unknown_gateway_one_of_ours(house, engineer):
    unknown = heard("gateway", "ac233f0000ff")
    answer = engineer.post(reverse("adopt-transmitter", args=[unknown.pk]))
    gateway = Gateway.objects.get(address="ac233f0000ff")
    assert answer["Location"] == reverse("gateway", args=[gateway.uid])


def test_where_an_unknown_device_was_strongest_is_shown(house, engineer):
    store = Gateway.objects.get(name="Gateway store")
    heard(strongest_gateway=store, strongest_rssi=-48.4)
    page = engineer.get(reverse("unknown-transmitters")).content.decode()
    assert "Store two" in page
    assert "-48 dBm" in page


def test_a_charge_nurse_adopts_nothing(house):
    unknown = heard()
    answer = browser_of("charge_nurse").post(reverse("adopt-transmitter", args=[unknown.pk]))
    assert answer.status_code == 403
    assert not Tag.objects.filter(address=unknown.address).exists()


@pytest.mark.parametrize(
    "spelling",
    ["C3:00:00:00:AA:01", "c3-00-00-00-aa-01", "C3000000AA01", "c300.0000.aa01", "0xC3000000AA01"],
)
def test_an_address_is_the_same_in_any_spelling(house, engineer, spelling):
    fresh_tag()
    asked = {"address": spelling, "technology": "ble", "model": ""}
    answer = engineer.post(reverse("add-tag"), asked)
    assert answer.status_code == 400
    assert "a tag with this address already" in answer.content.decode()
    assert engineer.get(reverse("tags"), {"q": spelling}).content.decode().count("/tags/01") == 1


def test_adding_a_tag_that_was_heard_takes_it_off_the_list_of_unknown(house, engineer):
    heard(address="c3000000bb01")
    engineer.post(reverse("add-tag"), {"address": "C3:00:00:00:BB:01", "technology": "ble"})
    assert not UnknownTransmitter.objects.exists()


# --- fastening ------------------------------------------------------------------------------------


def test_a_tag_is_fastened_by_the_number_of_the_asset(house, engineer):
    tag = fresh_tag()
    assert assign(engineer, tag, "P-5").status_code == 302
    assert bearer(tag) == house.assets["P-5"]
    entry = AuditEntry.objects.get(action="tag.assign")
    asset = house.assets["P-5"]
    assert entry.objects_named == [f"tag:{tag.uid}", f"asset:{asset.uid}"]


def test_words_that_fit_several_assets_are_a_question_and_the_answer_is_taken(house, engineer):
    tag = fresh_tag()
    page = assign(engineer, tag, "agilia")
    assert page.status_code == 200
    assert page.content.decode().count('name="bearer" value=') == 5
    assert bearer(tag) is None
    chosen = house.assets["P-4"]
    assign(engineer, tag, "agilia", bearer=str(chosen.uid))
    assert bearer(tag) == chosen


def test_words_that_fit_nothing_are_said_beside_the_field_and_kept(house, engineer):
    page = assign(engineer, fresh_tag(), "X-404")
    assert page.status_code == 400
    assert "nothing of this number or name" in page.content.decode()
    assert 'value="X-404"' in page.content.decode()


def test_several_tags_may_hang_on_one_bearer(house, engineer):
    first, second = fresh_tag(), fresh_tag("c3:00:00:00:aa:02")
    assign(engineer, first, "P-5")
    assign(engineer, second, "P-5")
    assert bearer(first) == bearer(second) == house.assets["P-5"]


def test_a_tag_has_one_bearer_at_a_time_and_the_refusal_names_it(house, engineer):
    tag = house.tag("C3:00:00:00:00:01")
    answer = assign(engineer, tag, "P-5")
    assert answer.status_code == 409
    assert "Agilia pump P-1 wears this tag" in answer.content.decode()
    assert bearer(tag) == house.assets["P-1"]


def test_a_refusal_does_not_name_a_patient_or_a_colleague(house, engineer):
    for address, words in [
        ("C3:00:00:00:07:01", "A patient wears this tag"),
        ("C3:00:00:00:09:00", "A member of staff wears this tag"),
    ]:
        page = assign(engineer, house.tag(address), "P-5").content.decode()
        assert words in page
        for secret in ("MRN-777001", "Oakhurst", "Vanterpool"):
            assert secret not in page


def test_a_released_tag_can_be_fastened_again_and_the_past_is_kept(house, engineer):
    tag = house.tag("C3:00:00:00:00:01")
    engineer.post(reverse("release-tag", args=[tag.uid]))
    assert bearer(tag) is None
    assign(engineer, tag, "P-5")
    periods = list(TagAssignment.objects.filter(tag=tag).order_by("period"))
    assert [row.asset.number for row in periods] == ["P-1", "P-5"]
    assert periods[0].period.upper <= periods[1].period.lower
    engineer.post(reverse("release-tag", args=[tag.uid]))
    assert engineer.post(reverse("release-tag", args=[tag.uid])).status_code == 302


def test_a_patient_is_found_only_by_the_whole_record_number_and_only_by_carers(house, engineer):
    tag = fresh_tag()
    nurse = browser_of("charge_nurse")
    for words in ("MRN-7770", "Oakhurst", "Zebulon"):
        assert assign(nurse, tag, words, "patient").status_code == 400
    assert assign(engineer, tag, "MRN-777001", "patient").status_code == 400
    assert assign(nurse, tag, "MRN-777001", "patient").status_code == 302
    assert bearer(tag) == house.patients["MRN-777001"]


def test_a_colleague_is_found_only_by_those_who_may_see_people(house, engineer):
    tag = fresh_tag()
    assert assign(engineer, tag, "S-900", "staff").status_code == 400
    assert assign(browser_of("administrator"), tag, "S-900", "staff").status_code == 302
    assert bearer(tag) == house.staff["S-900"]


def test_a_page_of_tags_takes_as_many_queries_as_one_tag(house):
    nurse = browser_of("charge_nurse")
    with CaptureQueriesContext(connection) as one:
        nurse.get(reverse("tags"), {"q": "C3:00:00:00:07:01"})
    with CaptureQueriesContext(connection) as all_of_them:
        page = nurse.get(reverse("tags")).content.decode()
    assert page.count("A patient") == 2
    assert len(all_of_them) <= len(one) + 2  # assets and staff are asked for once each


def test_a_porter_neither_sees_nor_fastens_tags(house):
    porter, tag = browser_of("porter"), fresh_tag()
    assert porter.get(reverse("tags")).status_code == 403
    assert assign(porter, tag, "P-5").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_who_fasten_one_tag_at_once_are_one_success_and_one_refusal():
    house = given.hospital()
    tag, start, answers = fresh_tag(), threading.Barrier(2, timeout=20), []

    def fasten(asset):
        start.wait()
        try:
            answers.append(assign_tag(actor=console(), now=timezone.now(), tag=tag, bearer=asset))
        except Refused as refused:
            answers.append(refused)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=fasten, args=(house.assets[number],)) for number in ("P-4", "P-5")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(type(answer).__name__ for answer in answers) == ["Refused", "TagAssignment"]
    assert TagAssignment.objects.filter(tag=tag).count() == 1


def test_the_database_itself_refuses_a_second_bearer_at_the_same_time(house):
    tag = house.tag("C3:00:00:00:00:01")
    worn = worn_now(tag)
    earlier = worn.period.lower - timedelta(hours=1)
    with pytest.raises(Refused, match="wears this tag"):
        assign_tag(actor=console(), now=earlier, tag=tag, bearer=house.assets["P-5"])
    release_tag(actor=console(), now=timezone.now(), tag=tag)
    with pytest.raises(Refused, match="just now"):
        assign_tag(actor=console(), now=earlier, tag=tag, bearer=house.assets["P-5"])


# --- gateways -------------------------------------------------------------------------------------


def place(browser, gateway, **asked):
    return browser.post(reverse("place-gateway", args=[gateway.uid]), asked)


def test_a_gateway_is_placed_by_typed_metres(house, engineer):
    gateway = Gateway.objects.get(name="Gateway bay")
    floor, zone = house.floors["G"], house.zones["ED-1"]
    answer = place(engineer, gateway, floor=floor.pk, zone=zone.pk, x="2.5", y="4", z="2.4")
    assert answer.status_code == 302
    gateway.refresh_from_db()
    assert (gateway.floor, gateway.zone) == (floor, zone)
    assert (gateway.x, gateway.y, gateway.z) == (2.5, 4.0, 2.4)
    assert gateway.history.latest().history_user == engineer.someone


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"x": "2.5"}, "Give both x and y"),
        ({"x": "1e9", "y": "0"}, "These are not metres."),
        ({"x": "nan", "y": "0"}, "Enter a number."),
        ({"zone": "W1"}, "This room is not on this floor."),
    ],
)
def test_a_place_that_cannot_be_is_said_beside_its_field(house, engineer, asked, sentence):
    gateway = Gateway.objects.get(name="Gateway bay")
    if "zone" in asked:
        asked = {"zone": house.zones[asked["zone"]].pk}
    answer = place(engineer, gateway, floor=house.floors["G"].pk, **asked)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert Gateway.objects.get(pk=gateway.pk).x == 3.0


def test_how_a_gateway_is_in_words():
    now = timezone.now()
    gateway = Gateway(address="ac233f000001")
    assert health_of(gateway, now).words == "Never heard"
    health = GatewayHealth(gateway=gateway, last_heard_at=now - timedelta(seconds=5))
    assert health_of(gateway, now).state == "free"
    health.load = 0.93
    assert health_of(gateway, now).words == "Busy: 93 %"
    health.clock_fault, health.clock_offset_s = True, -3600.0
    assert health_of(gateway, now).words == "Clock is wrong by 3600 s"
    health.last_heard_at = now - timedelta(minutes=2)
    assert (health_of(gateway, now).state, health_of(gateway, now).words) == ("stop", "Silent")


def test_the_list_counts_the_gateways_in_trouble(house, engineer):
    now = timezone.now()
    for gateway, age in zip(Gateway.objects.order_by("pk"), (5, 500, 900), strict=True):
        heard_at = now - timedelta(seconds=age)
        GatewayHealth.objects.create(gateway=gateway, last_heard_at=heard_at)
    page = engineer.get(reverse("gateways")).content.decode()
    assert "3 gateways" in page
    assert "2 in trouble" in page


def test_only_an_administrator_says_whose_key_speaks_for_a_gateway(house, engineer):
    gateway = Gateway.objects.get(name="Gateway bay")
    device, _ = given.device("readings", kind="gateway")
    scanner, _ = given.device("scans", kind="scanner")
    address = reverse("bind-gateway", args=[gateway.uid])
    assert engineer.post(address, {"device": device.pk}).status_code == 403
    administrator = browser_of("administrator")
    assert administrator.post(address, {"device": scanner.pk}).status_code == 400
    assert administrator.post(address, {"device": device.pk}).status_code == 302
    gateway.refresh_from_db()
    assert gateway.device == device.actor
    with pytest.raises(Refused):
        bind_gateway(actor=console(), now=timezone.now(), gateway=gateway, device=scanner)


@pytest.mark.django_db(transaction=True)
def test_the_engine_is_told_of_tags_and_gateways_when_it_is_committed(as_application):
    house = given.hospital()
    as_application.execute("LISTEN hims_registry")
    tag = fresh_tag()
    assign_tag(actor=console(), now=timezone.now(), tag=tag, bearer=house.assets["P-5"])
    gateway = Gateway.objects.get(name="Gateway bay")
    place_gateway(
        actor=console(), now=timezone.now(), gateway=gateway, floor=house.floors["G"], x=1.0, y=1.0
    )
    told = [note.payload for note in as_application.notifies(timeout=5, stop_after=3)]
    assert told == ["tags", "tags", "gateways"]
