"""The locator as people see it: the place in big type, its age, how sure, and what they may say."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests import given
from tracking.models import Sighting

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return given.hospital()


def text_of(response) -> str:
    """What a reader sees of a page: no tags, single spaces."""
    body = re.sub(r"(?s)<(script|style|head|datalist)\b.*?</\1>", " ", response.content.decode())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()


def look_for(someone, **asked):
    return given.signed_in(someone).get("/locate/", asked)


def test_a_porter_reads_place_age_and_certainty(house):
    given.engine_beat(house.now)
    given.placed(house.assets["P-1"], house.zones["ST"], probability=0.97)
    page = look_for(house.porter, q="P-1")
    assert '<p class="place">Store two</p>' in page.content.decode()
    words = text_of(page)
    assert re.search(r"(just now|\d+ s ago)", words)
    assert "sure" in words
    assert "Ground floor, Main building" in words
    assert "Free" in words


def test_an_unsure_answer_names_the_second_candidate(house):
    given.engine_beat(house.now)
    store, bay = house.zones["ST"], house.zones["ED-1"]
    given.placed(house.assets["P-1"], store, probability=0.7, candidates=[(store, 0.7), (bay, 0.2)])
    assert "likely (70 %), else Bay one (20 %)" in text_of(look_for(house.porter, q="P-1"))


def test_what_was_scanned_says_so_and_claims_no_percentage(house):
    three_hours = house.now - timedelta(hours=3)
    given.placed(
        house.assets["P-1"],
        house.zones["ST"],
        at=three_hours,
        heard_at=three_hours,
        source="sighting",
    )
    words = text_of(look_for(house.porter, q="P-1"))
    assert "Last scanned in Store two" in words
    assert "3 h ago" in words
    assert "%" not in words


def test_a_tag_that_fell_silent_was_last_heard(house):
    then = house.now - timedelta(minutes=14)
    given.placed(house.assets["P-1"], house.zones["ST"], at=then, heard_at=then)
    words = text_of(look_for(house.porter, q="P-1"))
    assert "Last heard in Store two" in words
    assert "14 min ago" in words


def test_an_asset_of_which_nothing_is_known_is_not_known_and_leads_nowhere(house):
    page = look_for(house.porter, q="P-5")
    assert '<p class="place">Not known</p>' in page.content.decode()
    assert "/map/0" not in page.content.decode().split('id="found"')[1]


@pytest.mark.parametrize(
    ("level", "zone", "words"),
    [("area", "ED", "Somewhere in Emergency"), ("floor", None, "Somewhere on Ground floor")],
)
def test_flat_evidence_gives_a_wider_place(house, level, zone, words):
    position = given.placed(house.assets["P-1"], house.zones[zone or "ST"], level=level)
    if zone is None:
        position.zone = None
        position.save()
    assert f'<p class="place">{words}</p>' in look_for(house.porter, q="P-1").content.decode()


def test_an_overdue_pump_is_never_shown_as_free(house):
    found = text_of(look_for(house.porter, q="P-3")).split("1 found")[1]
    assert "Overdue" in found
    assert "Service was due on 31 Jan 2020." in found
    assert "Free" not in found
    assert "Reserve" not in found


def test_only_available_leaves_out_what_is_in_use_overdue_or_not_known(house):
    page = look_for(house.porter, q="Agilia", available="true").content.decode()
    shown = set(re.findall(r'<span class="quiet">(P-\d)</span>', page))
    assert shown == {"P-1", "P-4"}


def test_a_scanned_label_finds_the_one_thing(house):
    page = look_for(house.porter, q="HIMS:ASSET:P-4").content.decode()
    assert re.findall(r'<span class="quiet">([PB]-\d)</span>', page) == ["P-4"]


def test_a_scanned_tag_finds_what_wears_it(house):
    page = look_for(house.porter, q="HIMS:TAG:c3:00:00:00:00:02").content.decode()
    assert re.findall(r'<span class="quiet">([PB]-\d)</span>', page) == ["P-2"]


def test_a_scanned_patient_wristband_finds_nobody(house):
    given.everybody_somewhere(house)
    words = text_of(look_for(house.porter, q="HIMS:TAG:c3:00:00:00:07:01"))
    assert "Nothing found" in words
    assert "Oakhurst" not in words


def test_a_scanned_room_is_where_the_asker_stands_and_gives_walking_times(house):
    given.everybody_somewhere(house)
    words = text_of(look_for(house.porter, q="HIMS:ZONE:COR"))
    assert "min walk" in words
    assert words.index("Store two") < words.index("Ward west")


def test_a_room_that_nobody_knows_is_named(house):
    assert "We know no room “Narnia”" in text_of(look_for(house.porter, q="pump", near="Narnia"))


def test_nothing_found_says_what_to_try(house):
    assert "Nothing found for “unicorn”" in text_of(look_for(house.porter, q="unicorn"))


def test_no_patient_and_no_colleague_is_ever_on_the_page(house):
    given.everybody_somewhere(house)
    for someone in (house.porter, house.nurse, house.manager):
        page = look_for(someone).content.decode()
        for name in ("Vanterpool", "Quintessa", "Oakhurst", "MRN-777001"):
            assert name not in page


def test_htmx_gets_the_cards_alone(house):
    client = given.signed_in(house.porter)
    page = client.get("/locate/", {"q": "P-1"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in page
    assert "Agilia pump" in page


def test_found_it_asks_for_the_room_and_does_not_suggest_our_guess(house):
    given.placed(house.assets["P-1"], house.zones["ST"])
    url = f"/locate/{house.assets['P-1'].uid}/found/"
    form = given.signed_in(house.porter).get(url).content.decode()
    field = re.search(r'(?s)<input id="room-[^>]*>', form)[0]
    assert "value=" not in field
    assert "selected" not in form


@pytest.mark.parametrize(
    ("said", "source"), [("Bay one", "pick"), ("ED-1", "pick"), ("HIMS:ZONE:ED-1", "scan")]
)
def test_found_it_keeps_the_room_and_whether_it_was_scanned(house, said, source):
    given.placed(house.assets["P-1"], house.zones["ST"])
    url = f"/locate/{house.assets['P-1'].uid}/found/"
    page = given.signed_in(house.porter).post(url, {"zone": said}, follow=True)
    assert "Thank you. It is in Bay one." in text_of(page)
    kept = Sighting.objects.get()
    assert (kept.zone, kept.source, kept.was_first_answer) == (house.zones["ED-1"], source, False)


def test_found_it_in_a_room_that_does_not_exist_keeps_nothing(house):
    url = f"/locate/{house.assets['P-1'].uid}/found/"
    page = given.signed_in(house.porter).post(url, {"zone": "Narnia"})
    assert "We know no room “Narnia”" in text_of(page)
    assert not Sighting.objects.exists()


def test_not_there_names_the_next_candidate_and_warns_others(house):
    given.engine_beat(house.now)
    store, bay = house.zones["ST"], house.zones["ED-1"]
    given.placed(house.assets["P-1"], store, probability=0.7, candidates=[(store, 0.7), (bay, 0.2)])
    url = f"/locate/{house.assets['P-1'].uid}/not-there/"
    page = given.signed_in(house.porter).post(url, {"zone": "ST"}, follow=True)
    assert "Try Bay one next." in text_of(page)
    words = text_of(look_for(house.nurse, q="P-1"))
    assert "Somebody looked here in the last 30 minutes and did not see it." in words


def test_reserving_from_the_card_tells_others_who_has_it(house):
    url = f"/locate/{house.assets['P-1'].uid}/reserve/"
    page = given.signed_in(house.porter).post(url, follow=True)
    assert "It is yours until" in text_of(page)
    assert f"Reserved by {house.porter.name} until" in text_of(look_for(house.nurse, q="P-1"))


def test_who_may_not_report_sightings_has_no_buttons_for_it(house):
    given.placed(house.assets["P-1"], house.zones["ST"])
    words = text_of(look_for(house.privacy_officer, q="P-1"))
    assert "Found it" not in words
    assert "Not there" not in words


def test_the_find_rate_is_for_those_who_answer_for_it(house):
    given.placed(house.assets["P-1"], house.zones["ST"])
    assert "n/a" in text_of(look_for(house.manager))
    url = f"/locate/{house.assets['P-1'].uid}/found/"
    given.signed_in(house.porter).post(url, {"zone": "ED-1"})
    assert "Found where we said: 0 % of 1" in text_of(look_for(house.manager))
    given.signed_in(house.porter).post(url, {"zone": "ST"})
    assert "Found where we said: 50 % of 2" in text_of(look_for(house.manager))
    assert "Found where we said" not in text_of(look_for(house.porter))


def test_evidence_is_told_in_sentences(house):
    evidence = [
        {"kind": "radio", "gateway": "Gateway store", "rssi": -58},
        {"kind": "not_there", "zone": "Bay one", "at": timezone.now().isoformat()},
        {"kind": "from the future"},
    ]
    given.placed(house.assets["P-1"], house.zones["ST"], evidence=evidence)
    words = text_of(look_for(house.porter, q="P-1"))
    assert "Gateway Gateway store hears it at -58 dBm." in words
    assert "Somebody looked in Bay one on" in words
    assert "from the future" not in words


def test_a_wide_place_says_which_rooms_to_look_into_first(house):
    given.engine_beat(house.now)
    given.placed(
        house.assets["P-1"],
        house.zones["ED"],
        level="area",
        probability=0.95,
        candidates=[(house.zones[code], p) for code, p in [("ED-1", 0.4), ("COR", 0.3)]],
    )
    assert re.search(r"sure; look in Bay one \(\d+ %\), then Long corridor \(\d+ %\)", text_of(
        look_for(house.porter, q="P-1")
    ))  # fmt: skip
