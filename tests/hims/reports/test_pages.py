"""The pages of reports: from the shelf to the rows behind one number."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from hims.actions.reports.asking import ask
from hims.domain import figures
from hims.domain.figures import Kind, told
from hims.domain.periods import Cadence, newest_whole
from hims.models import AuditEntry, ReportEdition, ReportProgress
from hims.queries.report_pages import PARTS, behind
from hims.reporting.declared import Cell, Column
from tests import given
from tests.given_reports import LAMPS, declared, made

FLAG = Column("here", "Here", Cell.FLAG)
pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture(autouse=True)
def lamps():
    with declared(LAMPS):
        yield


@pytest.fixture
def manager(house):
    return given.signed_in(house.manager)


def month():
    return newest_whole(timezone.localdate(), Cadence.MONTH)


def text_of(answer) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def pressed(browser, page, action: str, **more):
    """Press the form of a page that leads to `action`, with what is hidden in it."""
    form = page.content.decode().split(f'action="{action}"')[1].split("</form>")[0]
    hidden = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form))
    hidden.pop("csrfmiddlewaretoken", None)
    return browser.post(action, hidden | more)


def test_the_first_look_asks_for_the_report_and_then_shows_it(house, manager):
    url, asks = reverse("report", args=["lamps"]), reverse("ask-report", args=["lamps"])
    page = manager.get(url)
    assert page.status_code == 200
    assert "Not made yet" in text_of(page)
    assert 'hx-trigger="load, submit"' in page.content.decode()
    assert not ReportEdition.objects.exists()  # looking makes nothing
    answer = pressed(manager, page, asks)
    assert answer.status_code == 302
    again = pressed(manager, page, asks)  # a second press of the same form
    assert again.url == answer.url
    edition = ReportEdition.objects.get()
    assert (edition.first, edition.until) == (month().first, month().until)
    assert (edition.standard, edition.grouping) == (True, "room")
    told_page = text_of(manager.get(answer.url))
    for words in ("80.0 %", "4 of 5", "1 not known", "Lamps", "SHA-256", edition.check_code):
        assert words in told_page, words
    assert "A lamp burns when somebody saw it burn." in told_page
    shelf = text_of(manager.get(reverse("reports")))
    assert "80.0 %" in shelf
    assert "needs your signature" in shelf
    assert "needs your signature" not in text_of(
        given.signed_in(house.charge_nurse).get(reverse("reports"))
    )


def test_a_press_with_scripts_is_led_to_the_report(manager):
    page = manager.get(reverse("report", args=["lamps"]))
    asks = reverse("ask-report", args=["lamps"])
    form = page.content.decode().split(f'action="{asks}"')[1]
    hidden = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form))
    answer = manager.post(asks, hidden, headers={"HX-Request": "true"})
    assert reverse("report", args=["lamps"]) in answer["HX-Location"]


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ({"first": "2026-03-10", "last": "2026-03-01"}, "ends before it begins"),
        ({"first": "2026-03-10", "last": "2026-03-09"}, "is empty"),
        ({"first": "2009-01-01", "last": "2020-01-01"}, "longer than ten years"),
        ({"first": "yesterday-ish", "last": "2026-03-01"}, "Write a day like"),
        ({"first": "", "last": "2026-03-01"}, "required"),
        ({"first": "0001-01-01", "last": "0001-01-02"}, "goes back so far"),
        ({"first": "2026-03-01", "last": "9999-12-31"}, "has not come yet"),
        ({"first": "2026-03-01", "last": "2026-03-02", "room": "cellar"}, "not one of the"),
        ({"first": "2026-03-01", "last": "2026-03-02", "by": "burns"}, "not one of the"),
    ],
)
def test_a_wrong_question_is_told_in_place_and_nothing_is_lost(manager, days, says):
    page = manager.get(reverse("report", args=["lamps"]), days)
    assert page.status_code == 400
    assert says in text_of(page)
    assert f'value="{days["last"]}"' in page.content.decode()
    asked = manager.post(reverse("ask-report", args=["lamps"]), days | {"key": "k"})
    assert asked.status_code == 400
    assert says in text_of(asked)
    assert not ReportEdition.objects.exists()


def test_the_usual_periods_keep_what_else_was_chosen(manager):
    page = manager.get(reverse("report", args=["lamps"]), {"period": "yesterday", "room": "hall"})
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    assert page.content.decode().count(f'value="{yesterday}"') >= 2
    assert "period=last-90-days&amp;room=hall" in page.content.decode()
    answer = pressed(manager, page, reverse("ask-report", args=["lamps"]))
    assert ReportEdition.objects.get().filters == {"room": "hall"}
    assert "Room: Hall" in text_of(manager.get(answer.url))


def test_a_long_period_is_made_beside_and_can_be_called_off(manager, monkeypatch):
    woken = []
    monkeypatch.setattr("hims.actions.reports.asking.wake", lambda *asked: woken.append(asked))
    page = manager.get(reverse("report", args=["lamps"]), {"period": "last-90-days"})
    answer = pressed(manager, page, reverse("ask-report", args=["lamps"]))
    edition = ReportEdition.objects.get()
    assert woken == [("hims.tasks.gather_report", edition.pk)]
    assert answer.url == reverse("edition", args=[edition.uid])
    ReportProgress.objects.filter(edition=edition).update(rows=4000)
    page = manager.get(answer.url)
    assert "4,000 rows so far" in text_of(page)
    part = reverse("edition-progress", args=[edition.uid])
    assert "4,000 rows" in text_of(manager.get(part, headers={"HX-Request": "true"}))
    pressed(manager, page, reverse("cancel-edition", args=[edition.uid]))
    gone = manager.get(part, headers={"HX-Request": "true"})
    assert gone["HX-Redirect"] == answer.url
    assert "called off" in text_of(manager.get(answer.url))
    edition.refresh_from_db()
    assert edition.status == "cancelled"


def test_one_that_failed_says_so_and_offers_to_try_again(house, manager):
    edition = ask(actor=house.manager, now=house.now, report=LAMPS, period=month())
    ReportEdition.objects.filter(pk=edition.pk).update(status="failed", error="DataError")
    page = manager.get(reverse("edition", args=[edition.uid]))
    assert "could not be made (DataError)" in text_of(page)
    answer = pressed(manager, page, reverse("ask-report", args=["lamps"]))
    assert "80.0 %" in text_of(manager.get(answer.url))


def test_every_number_leads_to_as_many_rows_as_it_says(house):
    kept = made(LAMPS, month(), house.manager, house.now)
    groups = [(group["figures"], {"group": group["key"]}) for group in kept.edition.groups]
    for counted, within in [(kept.edition.figures, {}), *groups]:
        for figure in LAMPS.figures:
            found = told(counted[figure.name])
            counts = {
                part: kept.rows().filter(behind(kept, figure, part, **within)).count()
                for part in PARTS
            }
            assert counts["unknown"] == found.unknown
            if figure.kind in {Kind.COUNT, Kind.SHARE, Kind.MEDIAN, Kind.NINETIETH}:
                assert counts["counted"] == found.n, (figure.name, within)
            if figure.kind is Kind.SHARE:
                assert counts["of"] == found.whole


def test_the_rows_behind_a_number_are_shown_and_the_look_is_kept(house, manager):
    kept = made(LAMPS, month(), house.manager, house.now)
    url = reverse("edition-rows", args=[kept.edition.uid])
    before = AuditEntry.objects.filter(action="report.rows").count()
    page = manager.get(url, {"figure": "burning", "part": "unknown"})
    assert "lost" in text_of(page)
    assert "stove" not in text_of(page)
    assert "1 row" in text_of(page)
    looked = AuditEntry.objects.filter(action="report.rows")
    assert looked.count() == before + 1
    assert looked.latest("pk").objects_named == [f"reportedition:{kept.edition.uid}"]
    for asked, lamps in (
        ({"figure": "burning", "group": json.dumps("kitchen")}, {"desk", "ceiling"}),
        ({"figure": "lamps", "group": json.dumps(None)}, {"lost"}),
        ({"figure": "hours", "part": "of"}, {"=1+1", "lamp, small", "desk", "ceiling", "stove"}),
    ):
        said = manager.get(url, asked).content.decode()
        shown = {row[0] for row in kept_rows(kept) if f">{row[0]}</td>" in said}
        assert shown == lamps
    ordered = manager.get(url, {"order": "hours", "way": "down"}).content.decode()
    assert 'aria-sort="descending"' in ordered
    assert ordered.index("stove") < ordered.index("ceiling") < ordered.index("lost")
    for wrong in (
        {"figure": "nothing"},
        {"figure": "burning", "part": "half"},
        {"figure": "burning", "group": json.dumps("cellar")},
        {"figure": "burning", "group": "{"},
        {"order": "day"},
    ):
        assert manager.get(url, wrong).status_code == 400, wrong


def kept_rows(kept):
    return list(kept.cells())


def test_the_numbers_of_a_page_link_to_their_rows_and_groups_are_sorted(house, manager):
    kept = made(LAMPS, month(), house.manager, house.now)
    url = reverse("edition", args=[kept.edition.uid])
    page = manager.get(url).content.decode()
    rows = reverse("edition-rows", args=[kept.edition.uid])
    asked = {"figure": "burning", "part": "unknown", "group": "null"}
    assert f"{rows}?{urlencode(asked)}".replace("&", "&amp;") in page
    assert in_order(page) == ["hall", "kitchen", "not known"]
    page = manager.get(url, {"sort": "-hours"}).content.decode()
    assert in_order(page) == ["kitchen", "hall", "not known"]


def in_order(page: str) -> list[str]:
    """The groups as the table of groups lists them."""
    table = page.split('id="groups"')[1].split("</table>")[0]
    return re.findall(r'<th scope="row">([^<]*)</th>', table)


def test_who_may_not_see_a_report_finds_none_of_its_pages(house):
    kept = made(LAMPS, month(), house.manager, house.now)
    outsider = given.signed_in(house.pharmacist)  # sees reports, of stock
    for name in ("edition", "edition-rows", "edition-progress", "sign-edition"):
        assert outsider.get(reverse(name, args=[kept.edition.uid])).status_code == 404
    assert outsider.get(reverse("report", args=["lamps"])).status_code == 404
    assert "Lamps" not in text_of(outsider.get(reverse("reports")))
    for name in ("cancel-edition", "check-again"):
        assert outsider.post(reverse(name, args=[kept.edition.uid])).status_code == 404
    porter = given.signed_in(house.porter)
    assert porter.get(reverse("edition", args=[kept.edition.uid])).status_code == 403


def test_the_patients_whose_rows_are_looked_at_are_named_in_the_trail(house, manager):
    sql = """
    SELECT mrn, uid AS patient, true AS here FROM hims_patient
    WHERE %(begins)s < %(ends)s ORDER BY mrn
    """
    columns = [Column("mrn", "Number"), Column("patient", "", Cell.UID), FLAG]
    report = replace(
        LAMPS, code="FOLK", slug="folk", sql=sql, columns=columns, key=["mrn"],
        figures=[figures.count("here", "Here", "here")], groupings=[], filters=[], charts=[],
    )  # fmt: skip
    with declared(report):
        kept = made(report, month(), house.manager, house.now)
        url = reverse("edition-rows", args=[kept.edition.uid])
        assert "MRN-777001" in text_of(manager.get(url))
        assert manager.get(reverse("edition", args=[kept.edition.uid])).status_code == 200
    named = {f"patient:{patient.uid}" for patient in house.patients.values()}
    for look in AuditEntry.objects.filter(action="report.rows"):
        assert named < set(look.objects_named)
    assert AuditEntry.objects.filter(action="report.rows").count() == 2
