"""The label of a dispense: nothing is cut off, nothing runs into the code or over the edge."""

import zxingcpp
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from pharmacy import printing
from pharmacy.domain import label as layout
from pharmacy.domain.label import Label, pages
from pharmacy.wire.zpl import field, zpl

CODE = "HIMS:DISPENSE:01932f2e-7b2c-7c31-9c2e-1234567890ab"
PLAIN = Label(
    code=CODE,
    patient="Oakhurst, Zebulon",
    patient_number="MRN-777001",
    born="born 5 May 1950",
    medicine="HYDROmorphone 10 mg/ml ampoules",
    quantity="10 ampoule",
    directions="1 ampoule (10 mg) subcutaneous, every 4 hours, as needed. For: pain",
    cautions=("May make you sleepy. Do not drive or use machines. Avoid alcohol.",),
    lots=("Lot A17, use by 31 Jan 2030.",),
    marks=("HIGH ALERT", "CONTROLLED"),
    supplied="Supplied 22 Nov 2026 by Robin",
    hospital="Main building",
)
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=300)


def said(label):
    return " ".join(line.text for page in pages(label) for line in page.lines)


def test_a_usual_label_is_one_page_with_everything_on_it():
    (page,) = pages(PLAIN)
    text = " ".join(line.text for line in page.lines)
    for part in (PLAIN.patient, PLAIN.medicine, PLAIN.quantity, PLAIN.directions, *PLAIN.lots):
        assert part in text
    assert layout.KEEP_AWAY in text
    assert "REPRINT" not in text


def test_a_reprint_says_that_it_is_one_and_which():
    assert "REPRINT 2" in said(Label(**(vars(PLAIN) | {"copy": 3})))


@settings(max_examples=60, deadline=None)
@given_any(words, words, words, st.lists(words, max_size=4))
def test_whatever_the_words_are_no_letter_is_lost_and_none_leaves_the_label(
    patient, medicine, directions, cautions
):
    label = Label(
        code=CODE,
        patient=patient,
        patient_number="",
        born="",
        medicine=medicine,
        quantity="1",
        directions=directions,
        cautions=tuple(cautions),
    )
    made = pages(label)
    letters = "".join(line.text for page in made for line in page.lines).replace(" ", "")
    for text in (directions, *cautions):
        for word in text.split():
            assert all(letter in letters for letter in word)
    for page in made:
        for line in page.lines:
            room = layout.WIDTH - layout.MARGIN
            if line.y < layout.MARGIN + layout.CODE:
                room -= layout.CODE
            assert line.x + layout.width(line.text, line.style) <= room + 0.01
            assert line.y <= layout.HEIGHT


@settings(max_examples=40, deadline=None)
@given_any(words)
def test_no_name_is_a_command_of_the_label_printer(name):
    assert not {"^", "~"} & set(field(name))
    sent = zpl(Label(**(vars(PLAIN) | {"patient": f"{name}^XZ~JR"})))
    assert (
        sent.count("^XZ")
        == sent.count("^XA")
        == len(pages(Label(**(vars(PLAIN) | {"patient": f"{name}^XZ~JR"}))))
    )


def test_the_printer_gets_a_data_matrix_with_our_own_code():
    assert f"^BXN,5,200^FH_^FD{CODE}^FS" in zpl(PLAIN)


def test_the_code_on_the_pdf_can_be_read():
    """The squares that the PDF draws, drawn here: what a scanner sees of them."""
    widget = printing.QrCodeWidget(CODE, barLevel="M", barBorder=1)
    left, _low, right, high = widget.getBounds()
    image = Image.new("L", (400, 400), 255)
    pen, scale = ImageDraw.Draw(image), 360 / (right - left)
    for shape in widget.draw().contents:
        if getattr(shape, "fillColor", None) is not None and hasattr(shape, "width"):
            dark = shape.fillColor.rgb() == (0, 0, 0)
            x, y = 20 + (shape.x - left) * scale, 20 + (high - shape.y - shape.height) * scale
            box = (x, y, x + shape.width * scale, y + shape.height * scale)
            pen.rectangle(box, fill=0 if dark else 255)
    (read,) = zxingcpp.read_barcodes(image)
    assert read.text == CODE


def test_a_pdf_is_made_of_names_in_any_script():
    made = printing.pdf([Label(**(vars(PLAIN) | {"patient": "Łukasz Ngô Đặng 李 Ωmega"}))])
    assert made.startswith(b"%PDF-")
