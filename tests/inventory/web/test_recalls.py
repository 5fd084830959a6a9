"""Lots and recalls on pages, and recalls for programs."""

import json

import pytest
from django.urls import reverse

from inventory.models import Lot, Movement, Recall
from tests import given, given_stock
from tests.given_stock import scanned

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock():
    return given_stock.stocked()


@pytest.fixture
def pharmacist(stock):
    return given.signed_in(stock.house.pharmacist)


def typed(answer) -> dict:
    """The form of a page as a browser would send it back."""
    form = answer.context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def opened(browser, lots="PARA, P2") -> Recall:
    url = reverse("new-recall")
    sent = typed(browser.get(url)) | {"lots": lots, "reference": "FSN-1", "reason": "glass"}
    looked = browser.post(url, sent | {"look": "1"})
    assert looked.status_code == 200
    answer = browser.post(url, typed(looked) | {"open": "1"})
    assert answer.status_code == 302, answer.content.decode()
    return Recall.objects.get()


def test_a_recall_is_looked_at_before_it_is_opened(stock, pharmacist):
    url = reverse("new-recall")
    sent = typed(pharmacist.get(url)) | {"lots": "PARA, P2", "reference": "F", "reason": "glass"}
    unseen = pharmacist.post(url, sent | {"open": "1"})
    assert unseen.status_code == 200
    assert not Recall.objects.exists()
    text = unseen.content.decode()
    assert "Ward west stock" in text
    assert "nothing else there" in text
    changed = pharmacist.post(url, typed(unseen) | {"lots": "PARA, P1", "open": "1"})
    assert changed.status_code == 200
    assert not Recall.objects.exists()
    assert pharmacist.post(url, typed(changed) | {"open": "1"}).status_code == 302
    assert Lot.objects.get(number="P1").status == "recalled"


def test_pressing_twice_opens_one_recall(stock, pharmacist):
    url = reverse("new-recall")
    sent = typed(pharmacist.get(url)) | {"lots": "PARA, P2", "reference": "F", "reason": "glass"}
    ready = typed(pharmacist.post(url, sent | {"look": "1"})) | {"open": "1"}
    first, second = (pharmacist.post(url, ready) for _ in range(2))
    assert first.url == second.url == reverse("recall", args=[Recall.objects.get().uid])


def test_a_refused_recall_keeps_what_was_typed_and_may_be_sent_again(stock, pharmacist):
    url = reverse("new-recall")
    sent = typed(pharmacist.get(url)) | {"lots": "PARA, P2", "reference": "", "reason": "glass"}
    ready = typed(pharmacist.post(url, sent | {"look": "1"})) | {"open": "1"}
    refused = pharmacist.post(url, ready)
    assert refused.status_code == 400
    again = typed(refused) | {"reference": "FSN-9", "open": "1"}
    assert pharmacist.post(url, again).status_code == 302


def test_a_porter_scans_a_pack_counts_and_takes_it_away(stock, pharmacist):
    recall = opened(pharmacist)
    porter = given.signed_in(stock.house.porter)
    url = reverse("fetch-recalled", args=[recall.uid])
    shown = porter.get(f"{url}?place=W1S")
    assert "Ward west stock" in shown.content.decode()
    sent = {"place": "W1S", "code": scanned("PARA", "P2"), "collected": "40"}
    sent["key"] = shown.context["key"]
    assert [porter.post(url, sent).status_code for _ in range(2)] == [302, 302]
    assert stock.level("PARA", "P2", "W1S") == 0
    assert Movement.objects.filter(kind="quarantine").count() == 1
    other = porter.post(url, sent | {"code": scanned("MORPH", "M1"), "key": "another"})
    assert other.status_code == 409
    assert "not part of this recall" in other.content.decode()


def test_a_recall_is_withdrawn_or_closed_with_a_reason(stock, pharmacist):
    recall = opened(pharmacist)
    for name, more in (("close-recall", {"despite_open": "on"}), ("withdraw-recall", {})):
        url = reverse(name, args=[recall.uid])
        sent = typed(pharmacist.get(url)) | {"reason": ""}
        assert pharmacist.post(url, sent).status_code == 400
        Recall.objects.update(status="open")
        sent |= {"reason": "for a reason"} | more
        assert pharmacist.post(url, sent).status_code == 302
        page = pharmacist.get(reverse("recall", args=[recall.uid])).content.decode()
        assert "not accounted for" in page


def test_the_page_of_a_lot_shows_places_movements_and_history(stock, pharmacist):
    lot = stock.lot("PARA", "P2")
    text = pharmacist.get(reverse("lot", args=[lot.uid])).content.decode()
    for words in ("Pharmacy shelf A", "Ward west stock", "240 tablet", "Receipt", "Released"):
        assert words in text
    assert reverse("lot-given", args=[lot.uid]) in text
    sent = {"key": "k1", "status": "quarantined", "reason": "colour"}
    assert pharmacist.post(reverse("change-lot", args=[lot.uid]), sent).status_code == 302
    text = pharmacist.get(reverse("lot", args=[lot.uid])).content.decode()
    assert "In quarantine" in text
    assert "colour" in text


def test_older_movements_of_a_lot_follow_without_gap_or_repeat(stock, pharmacist, monkeypatch):
    from inventory.web import lots

    monkeypatch.setattr(lots, "SHOWN", 1)
    lot = stock.lot("PARA", "P2")
    first = pharmacist.get(reverse("lot", args=[lot.uid])).context
    second = pharmacist.get(first["more_url"]).context
    assert [len(one["movements"]) for one in (first, second)] == [1, 1]
    assert first["movements"][0].pk > second["movements"][0].pk
    assert second["more_url"] == ""


def test_a_product_and_its_par_levels_are_changed_on_pages(stock, pharmacist):
    product = stock.products["PARA"]
    url = reverse("change-product", args=[product.uid])
    sent = typed(pharmacist.get(url)) | {"name": "Paracetamol tablets", "reason": "shorter"}
    sent = {name: value for name, value in sent.items() if value not in (False, "")}
    assert pharmacist.post(url, sent).status_code == 302
    url = reverse("set-par", args=[product.uid])
    sent = typed(pharmacist.get(url)) | {"place": stock.places["W1S"].pk}
    assert pharmacist.post(url, sent | {"reorder_at": "10", "par": "40.3"}).status_code == 400
    assert pharmacist.post(url, sent | {"reorder_at": "10", "par": "40.5"}).status_code == 302
    text = pharmacist.get(reverse("product-history", args=[product.uid])).content.decode()
    assert "40.5 tablet" in text
    assert "shorter" in text


# --- for programs -----------------------------------------------------------------------------


def sent(program, url, body):
    answer = program.post(url, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def test_programs_preview_open_fetch_and_close(stock):
    program = given.with_token(stock.house.pharmacist)
    lots = ["PARA, P2", "PARA, nowhere"]
    status, seen = sent(program, reverse("api-recall-preview"), {"lots": lots})
    assert (status, [one["units"] for one in seen["lots"]]) == (200, [480])
    assert [one["text"] for one in seen["not_found"]] == ["PARA, nowhere"]
    asked = {"reference": "FSN", "reason": "glass", "lots": lots}
    status, problem = sent(program, reverse("api-recalls"), asked)
    assert (status, problem["findings"][0]["field"]) == (409, "lots.1")
    status, recall = sent(program, reverse("api-recalls"), asked | {"lots": lots[:1]})
    assert (status, recall["status"]) == (201, "open")
    args = [recall["id"]]
    body = {"lot": scanned("PARA", "P2"), "place": "W1S", "collected": 80}
    assert sent(program, reverse("api-recall-collect", args=args), body)[0] == 201
    whole = program.get(reverse("api-recall", args=args)).json()
    assert whole["report"]["lots"][0]["in_quarantine"] == 80
    assert {one["place"]: one["done"] for one in whole["left"]} == {"PH-A": False, "W1S": True}
    body = {"reason": "done"}
    assert sent(program, reverse("api-recall-close", args=args), body)[0] == 409
    assert sent(program, reverse("api-recall-close", args=args), body | {"despite_open": True})[
        0
    ] == (201)
    assert sent(program, reverse("api-recall-withdraw", args=args), body)[0] == 409
    assert program.get(reverse("api-recalls")).json()["results"][0]["status"] == "closed"
