"""`POST /api/scans/image/`: what a photo says, and what is refused; nothing is ever changed."""

import base64

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from inventory.models import Asset
from tests import given as there
from tests.hims.photographed import PACK, drawn, photo
from tests.hims.test_codes import EAN, SVG, bomb
from tracking.models import Scan

URL = "/api/scans/image/"


@pytest.fixture
def program(house):
    return there.with_token(house.nurse)


def sent(program, data: bytes, name: str = "photo.png", kind: str = "image/png"):
    return program.post(URL, {"image": SimpleUploadedFile(name, data, kind)})


def barcodes(program, data: bytes) -> list[dict]:
    answer = sent(program, data)
    assert answer.status_code == 200, answer.content
    return answer.json()["barcodes"]


def test_a_photo_of_a_label_of_ours_says_what_it_is(house, program):
    (told,) = barcodes(program, photo(drawn("HIMS:ASSET:P-1", "QRCode")))
    assert told == {
        "symbology": "QR Code",
        "text": "HIMS:ASSET:P-1",
        "raw": base64.b64encode(b"HIMS:ASSET:P-1").decode(),
        "code": "HIMS:ASSET:P-1",
        "confirmed": True,
        "reason": None,
        "parsed": {
            "format": "own",
            "elements": [],
            "gtin": None,
            "lot": None,
            "expiry": None,
            "serial": None,
        },
        "subject": told["subject"],
    }
    assert told["subject"]["number"] == "P-1"


def test_a_photo_of_a_pack_holds_the_bytes_that_a_scanner_would_send(program):
    (told,) = barcodes(program, photo(drawn(PACK, gs1=True)))
    assert base64.b64decode(told["raw"]) == told["text"].encode()
    assert told["text"].count("\x1d") == 1
    assert told["parsed"]["lot"] == "LOT7A"
    again = program.post("/api/scans/", {"code": told["code"]}, content_type="application/json")
    assert again.json()["parsed"] == told["parsed"]


def test_an_article_number_that_nobody_knows_is_not_confirmed(house, program):
    (told,) = barcodes(program, photo(drawn(EAN, "EAN13")))
    assert (told["confirmed"], told["subject"]) == (False, None)
    assert "may be misread" in told["reason"]
    Asset.objects.filter(number="P-1").update(number=EAN)
    (told,) = barcodes(program, photo(drawn(EAN, "EAN13")))
    assert (told["confirmed"], told["subject"]["number"]) == (True, EAN)


def test_a_wristband_is_read_and_its_wearer_is_not_told(program):
    (told,) = barcodes(program, photo(drawn("HIMS:PATIENT:MRN-777001", "QRCode")))
    assert (told["confirmed"], told["subject"]) == (True, None)


def test_a_photo_does_nothing(house, program):
    barcodes(program, photo(drawn("HIMS:ASSET:P-1")))
    assert not Scan.objects.exists()


def test_a_picture_without_a_code_has_an_empty_list(program):
    blank = photo(drawn("A1").point(lambda grey: 255))
    assert barcodes(program, blank) == []


@pytest.mark.parametrize(
    ("data", "name", "status"),
    [
        (SVG, "drawing.svg", 415),
        (b"just text", "photo.png", 415),
        (b"", "photo.png", 415),
        (bomb(60_000, 60_000), "photo.png", 413),
        (b"\0" * (9 * 2**20), "photo.png", 415),
        (b"\0" * (11 * 2**20), "photo.png", 413),
        (b"\0" * (50 * 2**20), "photo.png", 413),
    ],
)
def test_what_is_no_picture_is_a_problem_in_words(program, data, name, status):
    answer = sent(program, data, name)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert len(answer.json()["detail"]) > 20


def test_a_photo_comes_as_a_form_with_an_image(program):
    assert program.post(URL, {"picture": "x"}).status_code == 400
    assert program.post(URL, {"image": "words"}).status_code == 400
    told = program.post(URL, {"image": "x"}, content_type="application/json")
    assert told.status_code == 415


def test_only_those_who_may_scan_may_send_photos(house):
    assert sent(there.with_token(house.manager), photo(drawn("A1"))).status_code == 403
    _, key = there.device("scans")
    assert sent(there.knocking(key), photo(drawn("A1"))).status_code == 200
