"""What `POST /api/scans/` says of manufacturers' codes, and what a reader of an app above adds."""

from datetime import date

import pytest

from hims import subjects
from hims.errors import Finding
from hims.subjects import Found, Source
from inventory.models import Asset
from tests import given as there
from tracking.models import Scan

GTIN = "00300472040031"
PACK = f"01{GTIN}1728020010LOT7A\x1d21SN0001"


@pytest.fixture
def program(house):
    return there.with_token(house.nurse)


def scanned(program, code: str, **more) -> dict:
    answer = program.post("/api/scans/", {"code": code} | more, content_type="application/json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_pack_is_taken_apart(program):
    told = scanned(program, PACK, symbology="]d2")
    assert told["parsed"] == {
        "format": "gs1",
        "elements": [["01", GTIN], ["17", "280200"], ["10", "LOT7A"], ["21", "SN0001"]],
        "gtin": GTIN,
        "lot": "LOT7A",
        "expiry": "2028-02-29",
        "serial": "SN0001",
    }
    assert (told["kind"], told["subject"]) == ("unknown", None)
    assert told["reason"] == "This product is not in the catalogue."
    assert Scan.objects.get(uid=told["id"]).code == PACK, "as it was read"


@pytest.mark.parametrize(
    ("code", "format_", "reason"),
    [
        ("010030047204003217280131", "gs1", "(01): the check digit is wrong. Scan the code again."),
        (f"10LOT7A01{GTIN}17280131", "gs1", "The scanner leaves out the separators"),
        (f"(01){GTIN}(17)281301", "gs1", "(17): 281301 is no date."),
        ("5901234123450", "gtin", "The check digit is wrong"),
        ("+A123BJC5D6E71H", "hibc", "The check character is wrong"),
        ("[)>\x1e06\x1d9N111234568409\x1e\x04", "ppn", "9N: the check digit is wrong"),
        ("]d2", "none", "The code is empty."),
        ("+A123BJC5D6E71G", "hibc", "This product is not in the catalogue."),
        ("8018700653200000000016", "gs1", "Nobody here has this number."),
        ("80047035390000123ASSET42", "gs1", "No equipment here has this number."),
        ("00376130321109103420", "gs1", "No delivery with this number is known here."),
        ("4147080000581177254WARD3BED2", "gs1", "No place here has this location number."),
        ("HIMS:CAKE:1", "own", "It begins like one of our own codes and is none."),
    ],
)
def test_a_malformed_or_unknown_code_is_kept_with_its_reason(program, code, format_, reason):
    told = scanned(program, code)
    assert (told["kind"], told["parsed"]["format"]) == ("unknown", format_)
    assert told["reason"].startswith(reason)
    assert Scan.objects.get(uid=told["id"]).code == code


def test_what_forbids_acting_is_a_finding_too(program):
    (finding,) = scanned(program, "010030047204003217280131")["findings"]
    assert (finding["code"], finding["severity"]) == ("check_digit", "stop")
    (doubt,) = scanned(program, f"01{GTIN}10AB17251231")["findings"]
    assert (doubt["code"], doubt["severity"]) == ("separator_doubt", "warn")


def test_the_hospital_chooses_a_character_for_its_scanners(program, settings):
    settings.HIMS_SCAN_SEPARATOR = "~"
    told = scanned(program, PACK.replace("\x1d", "~"))
    assert (told["parsed"]["lot"], told["parsed"]["serial"]) == ("LOT7A", "SN0001")


def test_equipment_is_found_by_the_gs1_number_it_carries_and_was_there(house, program):
    Asset.objects.filter(number="P-1").update(number="7035390000123ASSET42")
    told = scanned(program, "80047035390000123ASSET42", zone="ST")
    assert (told["kind"], told["subject"]["number"]) == ("asset", "7035390000123ASSET42")
    assert [effect["zone"] for effect in told["effects"]] == ["ST"]


def test_a_number_of_ours_that_looks_like_an_article_is_ours(house, program):
    Asset.objects.filter(number="P-1").update(number="5901234123457")
    told = scanned(program, "5901234123457")
    assert (told["kind"], told["parsed"]["format"], told["parsed"]["gtin"]) == (
        "asset",
        "own",
        None,
    )


@pytest.fixture
def catalogue(house, monkeypatch):
    """An app above that knows one article: a pump stands for it, as there are no products here."""
    thing = house.assets["P-2"]
    disagrees = Finding("lot_expiry", "The lot expires on another day.", "stop", "code")

    def lot(code):
        if code.lot != "LOT7A" or GTIN not in code.gtins:
            return None
        findings = () if code.expiry == date(2028, 2, 29) else (disagrees,)
        return Found("lot", thing, findings)

    def product(code):
        return Found("product", thing) if GTIN in code.gtins else None

    monkeypatch.setattr(subjects, "_sources", dict(subjects._sources))
    monkeypatch.setattr(subjects, "_readers", dict(subjects._readers))
    for kind, find in [("lot", lot), ("product", product)]:
        subjects.register(Source(kind, lambda text: None, lambda viewer, thing: {}))
        subjects.register_reader(kind, find)


@pytest.mark.parametrize(
    ("code", "kind", "findings"),
    [
        (PACK, "lot", []),
        (f"(01){GTIN}(17)270131(10)LOT7A", "lot", ["lot_expiry"]),
        (f"(01){GTIN}(10)ANOTHER", "product", []),
        (GTIN, "product", []),
        ("5901234123457", "unknown", []),
        ("010030047204003217280131", "unknown", ["check_digit"]),
    ],
)
def test_readers_are_asked_in_their_order_and_may_disagree(
    catalogue, program, code, kind, findings
):
    told = scanned(program, code)
    assert told["kind"] == kind
    assert [finding["code"] for finding in told["findings"]] == findings
    assert (told["reason"] is None) is (kind != "unknown")
