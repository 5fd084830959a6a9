"""The working pages: scan, say how many, press once, with a scanner in one hand."""

import json
import re
from html import unescape

import pytest
from django.urls import reverse

from hims.actions.confirmations import give_confirmation
from hims.models import Confirmation
from inventory.actions.stock import moving
from inventory.models import Count, Movement, StockPlace
from tests import given, given_stock
from tests.given_stock import FAR, SOON, scanned

pytestmark = pytest.mark.django_db

P1, P2 = scanned("PARA", "P1", SOON), scanned("PARA", "P2", FAR)
FIELD = re.compile(r"<(input|select)\b([^>]*)>(.*?)(?=<input|<select|<button|</form>|$)", re.DOTALL)


@pytest.fixture
def stock():
    return given_stock.stocked()


class Page:
    """A working page in a browser: what its form holds is sent back with what is scanned."""

    def __init__(self, stock, job, by="pharmacy_technician", **asked):
        self.stock, self.browser = stock, given.signed_in(stock.house.people[by])
        self.url = reverse(f"stock-{job}")
        self.answer = self.browser.get(self.url, asked)
        assert self.answer.status_code == 200

    @property
    def text(self) -> str:
        html = self.answer.content.decode()
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())

    def form(self) -> dict[str, list[str]]:
        """The fields of the form as a browser would send them."""
        html = self.answer.content.decode()
        html = html[html.index('<form id="work"') : html.index("</form>", html.index('id="work"'))]
        sent: dict[str, list[str]] = {}
        for tag, attributes, rest in FIELD.findall(html):
            name = re.search(r'\bname="([^"]+)"', attributes)
            if not name or 'type="file"' in attributes:
                continue
            if tag == "input":
                found = re.search(r'\bvalue="([^"]*)"', attributes)
                value = unescape(found[1]) if found else ""
            else:
                options = re.findall(r"<option([^>]*)>([^<]*)", rest)
                chosen = next((one for one in options if "selected" in one[0]), options[0])
                found = re.search(r'value="([^"]*)"', chosen[0])
                value = found[1] if found else unescape(chosen[1].strip())
            sent.setdefault(name[1], []).append(value)
        return sent

    def send(self, step="", again=None, **changed) -> dict:
        sent = again or self.form() | changed
        if step:
            sent["step"] = step
        self.answer = self.browser.post(self.url, sent, headers={"HX-Request": "true"})
        assert self.answer.status_code == 200, self.answer
        return sent

    def scan(self, *codes) -> None:
        for code in codes:
            self.send(scan=code)


def test_shelf_packs_and_one_press_move_stock(stock):
    page = Page(stock, "transfer")
    page.scan("PH-A", "w1s", P1, P1)
    assert "the ledger says 100 tablet" in page.text
    page.send("post")
    assert "1 lots moved to Ward west stock." in page.text
    assert (stock.level("PARA", "P1", "PH-A"), stock.level("PARA", "P1", "W1S")) == (120, 80)
    assert page.form()["from"] == [str(stock.places["PH-A"].uid)]  # ready for the next round


def test_pressing_twice_moves_once_and_says_the_same(stock):
    page = Page(stock, "transfer")
    page.scan("PH-A", "W1S", P1)
    sent = page.send("post")
    page.send(again=sent)
    assert "1 lots moved to Ward west stock." in page.text
    assert stock.level("PARA", "P1", "W1S") == 40


def test_a_number_and_a_unit_are_typed(stock):
    page = Page(stock, "transfer")
    page.scan("PH-A", "W1S", P1)
    page.send("post", quantity=["1.5"], unit=["tablet"])
    assert stock.level("PARA", "P1", "W1S") == 3


def test_what_expires_sooner_is_named_when_another_lot_is_scanned(stock):
    page = Page(stock, "transfer")
    page.scan("PH-A", "W1S", P2)
    assert "Lot P1 expires sooner, on 31 Jan 2030, and lies here too" in page.text


def test_a_shortage_keeps_the_rows_and_says_what_can_be_done(stock):
    page = Page(stock, "transfer")
    page.scan("PH-A", "TR", P1)
    page.send("post", quantity=["9"], unit=["box of 20"])
    assert "Pharmacy shelf A holds 100 tablet" in page.text
    assert "Ward west stock holds 40 tablet" in page.text
    page.send("post", quantity=["5"], unit=["box of 20"])
    assert stock.level("PARA", "P1", "TR") == 200


def test_a_row_is_taken_away(stock):
    page = Page(stock, "transfer")
    page.scan("PH-A", "W1S", P1, P2)
    page.send("remove:1")
    assert [json.loads(codes) for codes in page.form()["codes"]] == [[P2]]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("]d20104012345999990", "No pack in the catalogue"),
        ("(01)04012345000017", "check digit"),
        ("Q-PH", "cannot be chosen here"),
    ],
)
def test_what_cannot_be_added_is_said_and_the_rows_stay(stock, code, said):
    page = Page(stock, "transfer")
    page.scan("PH-A", P1, code)
    assert said in page.text
    assert len(page.form()["codes"]) == 1


def test_packs_with_serial_numbers_are_each_scanned_once(stock):
    page = Page(stock, "receive")
    packs = [scanned("PARA", "P9", FAR, f"S{n}") for n in range(3)]
    page.scan("PH-A", *packs, packs[0])
    assert "serial number S0 is here already" in page.text
    assert "3 packs" in page.text
    page.send("post", document=["DN-7"])
    assert stock.level("PARA", "P9", "PH-A") == 120
    assert Movement.objects.latest("pk").document == "DN-7"


def test_what_no_code_says_is_typed_from_the_pack(stock):
    page = Page(stock, "receive")
    page.scan("PH-A", given_stock.GTINS["PARA"])
    assert "Lot, as printed on the pack" in page.text
    page.send("post", lot_number=["P9"])
    assert "Good until the end of, as printed" in page.text
    page.send("post", lot_number=["P9"], expiry=["2031-06-30"])
    assert stock.level("PARA", "P9", "PH-A") == 40


def test_a_typed_product_needs_a_word_why_it_was_not_scanned(stock):
    page = Page(stock, "transfer")
    page.scan("PH-A", "W1S", "PARA")
    page.send("post", lot_number=["P1"], quantity=["1"], unit=["box of 20"])
    assert "Answer what is asked" in page.text
    page.send(
        "post",
        lot_number=["P1"],
        quantity=["1"],
        unit=["box of 20"],
        unscanned=["label torn or dirty"],
    )
    assert stock.level("PARA", "P1", "W1S") == 40
    assert Movement.objects.latest("pk").reason == "not scanned: label torn or dirty"


def test_words_offer_products_and_the_lots_that_lie_there(stock):
    page = Page(stock, "waste", by="nurse")
    page.scan("PH-A", "paracet")
    assert "Which one is it? Paracetamol 500 mg tablets" in page.text
    page.send("pick:PARA")
    html = page.answer.content.decode()
    assert re.findall(r'<option value="(P\d)">', html) == ["P1", "P2"]
    page.send(
        "post",
        lot_number=["P1"],
        quantity=["1.5"],
        unscanned=["no code on the pack"],
        unit=["tablet"],
        why=["part_used"],
    )
    assert stock.level("PARA", "P1", "PH-A") == 197


def test_what_expired_is_received_into_quarantine_by_one_more_press(stock):
    page = Page(stock, "receive")
    page.scan("PH-A", "]d201040123450000161720013110OLD")
    assert "Paracetamol 500 mg tablets Expired" in page.text
    page.send("post")
    assert "expired on 31 Jan 2020" in page.text
    page.send("post:quarantine")
    assert stock.level("PARA", "OLD", "Q-PH") == 40


def test_a_count_is_against_what_its_counter_saw(stock):
    page = Page(stock, "count", by="nurse")
    page.scan(P1)
    assert "First say where you are" in page.text
    page.scan("PH-A", P1)
    moving.transfer(
        actor=stock.house.pharmacist,
        now=stock.now,
        source=stock.places["PH-A"],
        target=stock.places["W1S"],
        lines=[{"scan": P1}],
    )
    page.send("post", quantity=["99"], unit=["tablet"])
    assert "Paracetamol 500 mg tablets, lot P1: 1 tablet less" in page.text
    assert stock.level("PARA", "P1", "PH-A") == 200 - 40 - 2


def test_a_count_that_somebody_else_overtook_is_done_again(stock):
    page, other = Page(stock, "count", by="nurse"), Page(stock, "count", by="charge_nurse")
    for one in (page, other):
        one.scan("PH-A", P1)
    other.send("post", quantity=["99"], unit=["tablet"])
    page.send("post", quantity=["99"], unit=["tablet"])
    assert "What moved meanwhile count, -1 tablet" in page.text
    page.send("again")
    page.send("post", quantity=["99"], unit=["tablet"])
    assert "The ledger said the same." in page.text
    assert stock.level("PARA", "P1", "PH-A") == 198


def test_found_stock_is_two_scans_and_a_press(stock):
    page = Page(stock, "found", by="nurse")
    page.scan("W1S", scanned("INSUL", "NEW", FAR))
    page.send("post")
    assert stock.level("INSUL", "NEW", "W1S") == 100
    assert Count.objects.get().found


def test_controlled_waste_waits_for_a_second_person(stock):
    page = Page(stock, "waste", by="nurse")
    page.scan("PH-A", scanned("MORPH", "M1", FAR))
    assert "Ask a second person" in page.text
    page.send("ask", quantity=["1"], unit=["ampoule"], why=["damaged"])
    assert "Waiting for a second person" in page.text
    page.send("post", quantity=["1"], unit=["ampoule"])
    assert "Nobody has confirmed it yet" in page.text
    page.send("ask", quantity=["1"], unit=["ampoule"], why=["damaged"])
    asked = Confirmation.objects.latest("pk")
    give_confirmation(
        actor=stock.house.charge_nurse, now=stock.now, confirmation=asked, given_from="there"
    )
    told = page.browser.get(reverse("stock-waste-witness", args=[asked.uid])).content.decode()
    assert "has confirmed it" in told
    page.send("post")
    assert "1 lots wasted" in page.text
    assert Movement.objects.latest("pk").witness == stock.house.charge_nurse
    assert stock.level("MORPH", "M1", "PH-A") == 29


def test_a_return_goes_to_quarantine_and_a_pharmacist_releases_it(stock):
    page = Page(stock, "return", by="nurse")
    page.scan("W1S", "PH", P2)
    page.send("post")
    assert "wait for a pharmacist at Pharmacy quarantine" in page.text
    page = Page(stock, "release", by="pharmacist")
    page.scan("Q-PH", P2)
    page.send("post")
    assert "Say why" in page.text
    page.send("post", reason=["whole and dry"])
    assert stock.level("PARA", "P2", "PH") == 40


def test_who_may_not_do_a_job_has_no_page_and_no_tile(stock):
    nurse = given.signed_in(stock.house.nurse)
    assert nurse.get(reverse("stock-receive")).status_code == 403
    page = nurse.get(reverse("stock")).content.decode()
    assert reverse("stock-count") in page
    assert reverse("stock-receive") not in page


def test_without_a_place_or_a_row_nothing_is_posted(stock):
    page = Page(stock, "receive")
    page.send("post")
    assert "Say where: Where it goes." in page.text
    page.send("post", place=[str(stock.places["PH-A"].uid)])
    assert "Scan at least one pack" in page.text
    StockPlace.objects.filter(code="PH-A").update(active=False)
    page.send("post", place=[str(stock.places["PH-A"].uid)])
    assert "Say where" in page.text


def test_a_plain_browser_without_scripts_works_too(stock):
    page = Page(stock, "transfer")
    page.scan("PH-A", "W1S", P1)
    answer = page.browser.post(page.url, page.form() | {"step": "post"}, follow=True)
    assert "1 lots moved" in answer.content.decode()
    answer = page.browser.post(page.url, {"step": "post", "key": "k"})
    assert answer.status_code == 409
