"""From photos to barcodes: what is read, what is believed, and what is no picture."""

import io
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hims import codes, health
from hims.barcodes import NoPicture, opened, reads_in
from hims.codes import NotAPicture, judged, read_picture
from tests.hims.photographed import GTIN, PACK, drawn, photo, side_by_side

EAN = "5901234123457"


def known(code) -> bool:
    return f"0{EAN}" in code.gtins


def seen(picture: Image.Image, kind: str = "PNG", **more) -> list[codes.Barcode]:
    """What one photo says, read in this process: the program around it has a test of its own."""
    return judged(list(reads_in(opened(photo(picture, kind, **more)))), known=known)


@pytest.mark.parametrize(
    ("text", "kind"),
    [(PACK, "DataMatrix"), (PACK, "Code128"), (PACK, "QRCode"), (PACK, "DataBarExp")],
)
def test_the_bytes_of_a_gs1_symbol_are_read_with_their_separators(text, kind):
    (barcode,) = seen(drawn(text, kind, gs1=kind != "DataBarExp"))
    assert barcode.raw == f"01{GTIN}1728020010LOT7A\x1d21SN0001".encode()
    assert (barcode.code.gtin, barcode.code.lot, barcode.code.serial) == (GTIN, "LOT7A", "SN0001")
    assert barcode.confirmed
    assert barcode.typed.startswith("]")


def test_our_own_code_is_read():
    (barcode,) = seen(drawn("HIMS:ASSET:P-1", "QRCode"))
    assert (barcode.text, barcode.typed, barcode.confirmed) == ("HIMS:ASSET:P-1",) * 2 + (True,)


@pytest.mark.parametrize(("digits", "believed"), [(EAN, True), ("4006381333931", False)])
def test_an_article_number_is_believed_only_if_it_is_known(digits, believed):
    (barcode,) = seen(drawn(digits, "EAN13"))
    assert (barcode.text, barcode.confirmed) == (digits, believed)
    assert (barcode.reason is None) is believed


def test_several_codes_of_one_pack_are_all_read():
    both = seen(side_by_side(drawn(PACK, gs1=True), drawn(EAN, "EAN13", scale=2)))
    assert {barcode.text[:13] for barcode in both} == {"0100300472040", EAN}
    assert all(barcode.confirmed for barcode in both)


@pytest.mark.parametrize("degrees", [90, 180, 30])
def test_a_photo_may_be_held_in_any_direction(degrees):
    turned = drawn(PACK, gs1=True, scale=6).rotate(degrees, expand=True, fillcolor="white")
    assert [barcode.code.lot for barcode in seen(turned)] == ["LOT7A"]


def test_the_direction_that_a_phone_notes_beside_the_picture_is_heeded():
    picture = drawn("HIMS:ASSET:P-1", "Code128")
    exif = Image.Exif()
    exif[0x0112] = 6
    assert opened(photo(picture, "JPEG", exif=exif)).size == picture.size[::-1]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_each_kind_of_picture_is_read(kind):
    assert [one.text for one in seen(drawn("HIMS:ASSET:P-1"), kind)] == ["HIMS:ASSET:P-1"]


def test_bars_on_nothing_are_bars_on_white():
    ink = drawn("HIMS:ASSET:P-1")
    clear = Image.new("RGBA", ink.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), mask=ink.point(lambda grey: 255 - grey))
    assert [one.text for one in seen(clear)] == ["HIMS:ASSET:P-1"]


def test_a_picture_without_a_code_has_none():
    noise = Image.effect_noise((300, 300), 90)
    assert seen(noise) == []
    assert seen(Image.new("L", (300, 300), "white")) == []


# --- two readers ---------------------------------------------------------------------------------


def read_by(by: str, text: str, symbology: str, identifier: str = "") -> dict:
    return {"by": by, "symbology": symbology, "identifier": identifier, "text": text, "raw": ""}


def test_two_readers_that_see_different_codes_are_both_not_believed():
    quarrel = [
        read_by("zxing", EAN, "EAN-13", "]E0"),
        read_by("zbar", "4006381333931", "EAN13"),
    ]
    assert [barcode.confirmed for barcode in judged(quarrel, known=lambda code: True)] == [
        False
    ] * 2


def test_two_readers_that_see_the_same_are_one_barcode():
    same = [
        read_by("zxing", "036000291452", "UPC-A", "]E0"),
        read_by("zbar", "0036000291452", "EAN13"),
    ]
    (barcode,) = judged(same, known=lambda code: True)
    assert barcode.confirmed


def test_a_code_that_one_reader_alone_can_read_is_no_quarrel():
    reads = [
        read_by("zxing", f"01{GTIN}", "Data Matrix", "]d2"),
        read_by("zbar", EAN, "EAN13"),
    ]
    assert all(barcode.confirmed for barcode in judged(reads, known=known))


def test_without_the_second_reader_photos_are_read_and_health_says_so(monkeypatch):
    import builtins

    real = builtins.__import__

    def without(name, *rest):
        if name == "pyzbar":
            raise ImportError("Unable to find zbar shared library")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert [barcode.text for barcode in seen(drawn(EAN, "EAN13"))] == [EAN]
    monkeypatch.setattr(codes.ctypes.util, "find_library", lambda name: None)
    codes._has_zbar.cache_clear()
    try:
        told = codes._readers(now=None)
        assert (told.well, told.figures) == (True, {"readers": 1})
        assert "libzbar0" in told.text
    finally:
        codes._has_zbar.cache_clear()


def test_health_has_a_line_about_photos():
    assert "photos" in health._checks


# --- what is no picture --------------------------------------------------------------------------

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>'


def bomb(width: int, height: int) -> bytes:
    """A PNG that claims to be large and is a few bytes."""
    picture = io.BytesIO()
    Image.new("1", (8, 8)).save(picture, "PNG")
    data = bytearray(picture.getvalue())
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "unreadable"),
        (b"just text", "unreadable"),
        (SVG, "unreadable"),
        (b"\x89PNG\r\n\x1a\n" + b"text" * 20, "unreadable"),
        (photo(drawn("A1"))[:60], "unreadable"),
        (bomb(6000, 6000), "pixels"),
        (bomb(60_000, 60_000), "pixels"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(data, why):
    with pytest.raises(NoPicture, match=why):
        opened(data)


def test_too_many_bytes_are_not_even_looked_at():
    with pytest.raises(NotAPicture, match="large"):
        read_picture(b"\0" * (codes.MOST_BYTES + 1), known=known)


# --- the program around it -----------------------------------------------------------------------


def test_a_photo_is_read_by_a_program_of_its_own(capfd):
    (barcode,) = read_picture(photo(drawn(PACK, gs1=True)), known=known)
    assert barcode.code.lot == "LOT7A"
    with pytest.raises(NotAPicture, match="unreadable"):
        read_picture(SVG, known=known)
    assert capfd.readouterr().err == ""


def test_a_photo_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(codes, "PATIENCE_S", 0.001)
    with pytest.raises(NotAPicture, match="slow"):
        read_picture(photo(drawn("A1")), known=known)


def test_a_reader_that_dies_of_a_photo_costs_that_answer_only(monkeypatch, tmp_path):
    monkeypatch.setattr(codes, "ROOT", tmp_path)  # where there is no such program
    with pytest.raises(NotAPicture, match="unreadable"):
        read_picture(photo(drawn("A1")), known=known)
    monkeypatch.undo()
    assert read_picture(photo(drawn("A1")), known=known)


WHOLE = {kind: photo(drawn("HIMS:ASSET:P-1"), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF")}


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_a_spoilt_photo_is_read_rightly_or_refused(kind, data):
    spoilt = bytearray(WHOLE[kind])
    for place in data.draw(st.lists(st.integers(0, len(spoilt) - 1), min_size=1, max_size=8)):
        spoilt[place] ^= data.draw(st.integers(1, 255))
    with suppress(NotAPicture):
        found = read_picture(bytes(spoilt), known=known)
        assert {one.text for one in found} <= {"HIMS:ASSET:P-1"}


# --- pictures that nobody here made --------------------------------------------------------------


def test_real_pictures_are_read_and_those_without_a_code_give_none(recordings):
    folder = recordings / "barcodes"
    if not folder.is_dir():
        pytest.skip(f"no pictures in {folder}")
    missed, wrong = [], []
    for kind in sorted(folder.iterdir()):
        pictures = [one for one in kind.iterdir() if one.suffix in {".png", ".webp", ".jpg"}]
        right = 0
        for picture in sorted(pictures):
            contents = [picture.with_suffix(suffix) for suffix in (".txt", ".bin")]
            wanted = [one.read_bytes() for one in contents if one.exists()]
            found = judged(list(reads_in(opened(picture.read_bytes()))), known=lambda code: False)
            read = {barcode.raw for barcode in found} | {one.text.encode() for one in found}
            if wanted and wanted[0].strip() in {one.strip() for one in read}:
                right += 1
            elif found:
                wrong.append((kind.name, picture.name, read))
            elif wanted:
                missed.append((kind.name, picture.name))
        print(f"{kind.name}: {right} of {len(pictures)}")
    assert not wrong, "nothing is read that is not there"
    assert not missed
