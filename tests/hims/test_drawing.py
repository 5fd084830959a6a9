"""Places in the settings: lists first, then pictures, outlines and doors."""

import io
import re
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given as for_all
from hypothesis import strategies as st
from PIL import Image

from hims.domain.outlines import as_corners, as_polygon
from hims.models import AuditEntry, Building, Door, Floor, Zone
from hims.wire.plan_picture import NoPicture, plan_picture
from tests import given
from tests.people import browser_of


@pytest.fixture
def house(db):
    return given.hospital()


@pytest.fixture
def engineer(house):
    return browser_of("biomedical_engineer")


@pytest.fixture
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def picture(width=400, height=200, kind="PNG", mode="RGB", **more) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, kind, **more)
    return out.getvalue()


def upload(browser, floor, data, width="40", **more):
    asked = {"width": width, "x": "0", "y": "0", **more}
    if data is not None:
        asked["picture"] = SimpleUploadedFile("plan.png", data, "image/png")
    return browser.post(reverse("draw-floor", args=[floor.uid]), asked)


def draw(browser, zone, typed):
    asked = {"zone": str(zone.uid), "outline_typed": typed}
    return browser.post(reverse("draw-zone", args=[zone.floor.uid]), asked, follow=True)


def polygon_of(zone):
    return Zone.objects.get(pk=zone.pk).polygon


# --- lists ----------------------------------------------------------------------------------------


def test_a_plain_list_of_rooms_is_enough(db):
    browser = browser_of("administrator")
    browser.post(reverse("add-building"), {"code": "N", "name": "New house"})
    building = Building.objects.get(code="N")
    asked = {"code": "G", "name": "Ground", "level": "0"}
    browser.post(reverse("add-floor", args=[building.uid]), asked)
    floor = Floor.objects.get(building=building)
    asked = {"code": "N-1", "name": "Waiting", "kind": "waiting", "capacity": "12"}
    assert browser.post(reverse("add-zone", args=[floor.uid]), asked).status_code == 302
    zone = Zone.objects.get(code="N-1")
    assert (zone.name, zone.kind, zone.capacity, zone.polygon) == ("Waiting", "waiting", 12, "")
    assert "Waiting" in browser.get(reverse("floor", args=[floor.uid])).content.decode()
    assert browser.get(reverse("draw-floor", args=[floor.uid])).status_code == 200


@pytest.mark.parametrize(
    ("fault", "field", "sentence"),
    [
        ({"code": "ST"}, "code", "a place with this code already"),
        ({"code": "a,b"}, "code", "no comma"),
        ({"kind": "pool"}, "kind", "not one of the available choices"),
        ({"capacity": "-1"}, "capacity", "greater than or equal to 0"),
    ],
)
def test_a_room_that_cannot_be_is_said_beside_its_field(house, engineer, fault, field, sentence):
    asked = {"code": "NEW", "name": "New room", "kind": "room"} | fault
    answer = engineer.post(reverse("add-zone", args=[house.floors["G"].uid]), asked)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert re.search(rf'id="id_{field}_error".*{sentence}', page)
    assert 'value="New room"' in page


def test_a_room_belongs_to_an_area_of_its_own_floor_only(house, engineer):
    area, upstairs = house.zones["ED"], house.zones["W1"]
    asked = {"name": "Ward west", "kind": "ward", "area": area.pk}
    answer = engineer.post(reverse("zone", args=[upstairs.uid]), asked)
    assert answer.status_code == 400
    asked = {"name": "Emergency", "kind": "room"}
    answer = engineer.post(reverse("zone", args=[area.uid]), asked)
    assert "Rooms belong to this area" in answer.content.decode()
    assert Zone.objects.get(pk=area.pk).kind == "area"


def test_renaming_keeps_the_code_and_says_who_did_it(house, engineer):
    zone = house.zones["ST"]
    asked = {"name": "Store of pumps", "kind": "store", "capacity": ""}
    engineer.post(reverse("zone", args=[zone.uid]), asked)
    zone = Zone.objects.get(pk=zone.pk)
    assert (zone.code, zone.name) == ("ST", "Store of pumps")
    assert zone.history.latest().history_user == engineer.someone


def test_ways_are_added_and_removed_and_never_doubled(house, engineer):
    a, b = house.zones["ED-1"], house.zones["ST"]
    address = reverse("add-door", args=[a.uid])
    assert engineer.post(address, {"b": b.pk, "kind": "door"}).status_code == 302
    assert engineer.post(address, {"b": b.pk, "kind": "door"}).status_code == 400
    turned = reverse("add-door", args=[b.uid])
    answer = engineer.post(turned, {"b": a.pk, "kind": "door"})
    assert "There is such a way already." in answer.content.decode()
    door = Door.objects.get(a=a, b=b)
    assert engineer.post(reverse("remove-door", args=[b.uid, door.pk])).status_code == 302
    assert not Door.objects.filter(a=a, b=b).exists()


def test_a_door_stays_on_its_floor_and_a_lift_need_not(house, engineer):
    a, upstairs = house.zones["ST"], house.zones["OR1"]
    address = reverse("add-door", args=[a.uid])
    answer = engineer.post(address, {"b": upstairs.pk, "kind": "door"})
    assert "Only a lift or stairs join two floors." in answer.content.decode()
    asked = {"b": upstairs.pk, "kind": "lift", "seconds": "30"}
    assert engineer.post(address, asked).status_code == 302


def test_who_may_change_places(house):
    floor = house.floors["G"]
    for role in ("charge_nurse", "porter", "manager"):
        browser = browser_of(role)
        assert browser.get(reverse("places")).status_code == 403
        assert browser.get(reverse("draw-floor", args=[floor.uid])).status_code == 403
        assert draw(browser, house.zones["ST"], "0 0, 1 1").status_code == 403
    assert polygon_of(house.zones["ST"]).startswith("POLYGON ((18 0")


# --- pictures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "L"), ("GIF", "P"), ("WEBP", "RGB")]
)
def test_a_plan_is_encoded_anew_and_lies_where_it_was_said(house, engineer, files, kind, mode):
    floor = house.floors["G"]
    answer = upload(engineer, floor, picture(kind=kind, mode=mode), width="40", x="-2", y="1.5")
    assert answer.status_code == 302
    floor = Floor.objects.get(pk=floor.pk)
    assert (floor.plan_width, floor.plan_x, floor.plan_y) == (40.0, -2.0, 1.5)
    with Image.open(floor.plan.path) as kept:
        assert (kept.format, kept.size, kept.mode) == ("WEBP", (400, 200), "RGB")
    assert floor.plan.path.startswith(str(files))
    page = engineer.get(reverse("draw-floor", args=[floor.uid])).content.decode()
    assert 'width="40.0" height="20.0"' in page


def test_what_was_hidden_in_the_file_is_gone(files):
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    fresh = plan_picture(picture(kind="JPEG", exif=exif))
    with Image.open(io.BytesIO(fresh.data)) as kept:
        assert not kept.getexif()
    assert b"where I live" not in fresh.data


def test_a_large_plan_is_made_smaller_and_keeps_its_shape():
    fresh = plan_picture(picture(6000, 1500, kind="JPEG"))
    assert (fresh.width, fresh.height) == (4096, 1024)


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 30,000 pixels square."""
    header = b"IHDR" + (30_000).to_bytes(4) * 2 + bytes([8, 2, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + (13).to_bytes(4)
        + header
        + zlib.crc32(header).to_bytes(4)
        + picture()[33:]
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "not a picture"),
        (b"%PDF-1.7", "not a picture"),
        (picture()[:200], "not a picture"),
        (picture(3, 3), "too small"),
        (bomb(), "60 million pixels"),
        (b"\x89PNG\r\n\x1a\n" + bytes(9 * 2**20), "larger than 8 MB"),
    ],
)
def test_what_is_no_picture_is_refused_in_words_and_nothing_is_kept(
    house, engineer, files, data, sentence
):
    answer = upload(engineer, house.floors["G"], data)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not Floor.objects.get(pk=house.floors["G"].pk).plan
    assert not list(files.iterdir())


@for_all(st.binary(max_size=300), st.integers(0, 100))
def test_no_bytes_whatever_break_the_reading_of_a_plan(junk, at):
    whole = picture()
    for data in (junk, whole[:at] + junk + whole[at + len(junk) :]):
        try:
            fresh = plan_picture(data)
        except NoPicture:
            continue
        assert fresh.width <= 4096


def test_the_scale_can_be_set_again_without_a_new_picture(house, engineer, files):
    floor = house.floors["G"]
    assert "Choose a picture" in upload(engineer, floor, None).content.decode()
    upload(engineer, floor, picture())
    assert upload(engineer, floor, None, width="80").status_code == 302
    assert Floor.objects.get(pk=floor.pk).plan_width == 80.0


def test_a_plan_is_shown_to_whoever_is_signed_in_and_to_nobody_else(house, engineer, files, client):
    floor = house.floors["G"]
    upload(engineer, floor, picture())
    address = reverse("map-picture", args=[floor.uid])
    answer = browser_of("porter").get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert client.get(address).status_code == 302


# --- outlines -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("30 0, 36 0, 36 4, 30 4", "POLYGON ((30 0, 36 0, 36 4, 30 4, 30 0))"),
        ("30 0\n36 4", "POLYGON ((30 0, 36 0, 36 4, 30 4, 30 0))"),
        ("(30 -1.25); (36 0); (36 4.5)", "POLYGON ((30 -1.25, 36 0, 36 4.5, 30 -1.25))"),
        ("POLYGON ((30 0, 36 0, 36 4, 30 0))", "POLYGON ((30 0, 36 0, 36 4, 30 0))"),
        ("", ""),
    ],
)
def test_a_room_is_drawn_by_typed_corners(house, engineer, typed, stored):
    zone = house.zones["ST"]
    assert draw(engineer, zone, typed).status_code == 200
    assert polygon_of(zone) == stored
    assert AuditEntry.objects.latest("pk").action == "zone.draw"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("0 0, 6 zero", "“6 zero” is not a corner"),
        ("0 0, 4 4, 4 0, 0 4", "not simple"),
        ("0 0, 1 1, 2 2", "cannot be drawn"),
        ("5 5", "cannot be drawn"),
        ("POINT (1 1)", "is not a corner"),
        ("POLYGON ((0 0", "not a WKT polygon"),
        ("POLYGON EMPTY", "empty"),
    ],
)
def test_an_outline_that_cannot_be_is_said_in_place_and_kept_as_typed(
    house, engineer, typed, sentence
):
    zone = house.zones["ST"]
    before = polygon_of(zone)
    answer = draw(engineer, zone, typed)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert sentence in page
    assert f">{typed}</textarea>" in page
    assert polygon_of(zone) == before


def test_a_room_over_another_is_saved_with_a_warning_that_names_it(house, engineer):
    page = draw(engineer, house.zones["ST"], "16 0, 24 6").content.decode()
    assert "It lies over Long corridor" in page
    assert polygon_of(house.zones["ST"]).startswith("POLYGON ((16 0")
    page = draw(engineer, house.zones["ST"], "18 0, 24 6").content.decode()
    assert "It lies over" not in page


def test_rooms_of_another_floor_cannot_be_drawn_here(house, engineer):
    upstairs = house.zones["W1"]
    asked = {"zone": str(upstairs.uid), "outline_typed": "0 0, 1 1"}
    answer = engineer.post(reverse("draw-zone", args=[house.floors["G"].uid]), asked)
    assert answer.status_code == 404


def test_a_door_is_drawn_between_two_rooms(house, engineer):
    a, b = house.zones["ED-1"], house.zones["ST"]
    address = reverse("draw-door", args=[house.floors["G"].uid])
    asked = {"a": a.pk, "b": b.pk, "x": "12", "y": "3.5"}
    assert engineer.post(address, asked).status_code == 302
    door = Door.objects.get(a=a, b=b)
    assert (door.kind, door.x, door.y) == ("door", 12.0, 3.5)
    assert engineer.post(address, asked | {"b": a.pk}).status_code == 400


def test_the_drawing_loads_the_gateways_of_its_floor(house, engineer):
    floor = house.floors["G"]
    layer = reverse("gateways-drawn", args=[floor.uid])
    page = engineer.get(reverse("draw-floor", args=[floor.uid])).content.decode()
    assert f'hx-get="{layer}"' in page
    fragment = engineer.get(layer).content.decode()
    assert "Gateway bay" in fragment
    assert "Gateway ward" not in fragment
    assert 'value="3.0"' in fragment


numbers = st.integers(-9999, 9999).map(lambda tenths: tenths / 10)


@for_all(st.lists(st.tuples(numbers, numbers), min_size=3, max_size=30, unique=True))
def test_typed_corners_come_back_as_they_were_typed(corners):
    typed = ", ".join(f"{x:g} {y:g}" for x, y in corners)
    assert as_corners(as_polygon(typed)) == typed


@for_all(st.text(max_size=60))
def test_no_text_whatever_breaks_the_reading_of_corners(text):
    try:
        polygon = as_polygon(text)
    except ValueError:
        return
    assert polygon == "" or polygon.upper().startswith("POLYGON")
