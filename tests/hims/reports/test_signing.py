"""A report is signed by who may, once each, with the password; what was signed stays, and anybody
can ask whether it is genuine."""

import hashlib
import threading
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from hims.actions.reports.asking import ask
from hims.actions.reports.signing import sign
from hims.domain import figures
from hims.domain.periods import Cadence, newest_whole
from hims.errors import Forbidden, Refused
from hims.models import AuditEntry, Patient, ReportDocument, ReportRow, ReportSignature
from hims.queries.report_checks import as_code, by_code
from hims.reporting import csv_files
from hims.reporting.declared import Column
from tests import given
from tests.given_reports import LAMPS, declared, made
from tests.hims.reports.test_pages import pressed, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture(autouse=True)
def lamps():
    with declared(LAMPS):
        yield


@pytest.fixture
def kept(house):
    return made(LAMPS, month(), house.manager, house.now)


def month():
    return newest_whole(timezone.localdate(), Cadence.MONTH)


def signed(house, kept, who=None, **more):
    asked = {"meaning": "reviewed", "note": "looked at it", **more}
    return sign(actor=who or house.manager, now=house.now, edition=kept.edition, **asked)


def test_a_signature_keeps_who_what_when_and_the_paper(house, kept):
    signature = signed(house, kept)
    assert (signature.name, signature.role) == (house.manager.name, "manager")
    assert signature.sha256 == kept.edition.sha256
    document = ReportDocument.objects.get(signature=signature)
    content = bytes(document.content)
    assert content.startswith(b"%PDF")
    assert hashlib.sha256(content).hexdigest() == document.sha256
    entry = AuditEntry.objects.filter(action="report.sign").latest("pk")
    named = {name.split(":")[0] for name in entry.objects_named}
    assert named == {"reportedition", "reportsignature", "reportdocument"}
    for thing in (signature, document, kept.edition):
        with pytest.raises(IntegrityError), transaction.atomic():
            type(thing).objects.filter(pk=thing.pk).delete()


def test_who_may_not_sign_is_told_why(house, kept):
    with pytest.raises(Refused, match="signed by: manager"):
        signed(house, kept, house.charge_nurse)
    with pytest.raises(Forbidden):
        signed(house, kept, house.pharmacist)
    with pytest.raises(Forbidden):
        signed(house, kept, house.nurse)
    with pytest.raises(Refused, match="what you sign for"):
        signed(house, kept, meaning="liked")
    queued = ask(actor=house.manager, now=house.now, report=LAMPS, period=month())
    with pytest.raises(Refused, match="Only a report that is made"):
        sign(actor=house.manager, now=house.now, edition=queued, meaning="reviewed")
    assert not ReportSignature.objects.exists()
    signed(house, kept)
    with pytest.raises(Refused, match="already"):
        signed(house, kept, meaning="approved")


def test_rows_that_were_tampered_with_are_not_signed(house, kept):
    tampered(kept)
    with pytest.raises(Refused, match="not those that were counted"):
        signed(house, kept)
    assert by_code(house.nurse, kept.edition.check_code).holds is False


def tampered(kept):
    """Change a cell as only the owner of the database can."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE hims_reportrow DISABLE TRIGGER USER")
        ReportRow.objects.filter(edition=kept.edition, position=0).update(cells=["x"] * 6)
        cursor.execute("ALTER TABLE hims_reportrow ENABLE TRIGGER USER")


def test_the_page_asks_again_who_it_is(house, kept):
    manager = given.person("who-signs", ["manager"], name="Avery Manager")
    browser = given.signed_in(manager)
    url = reverse("sign-edition", args=[kept.edition.uid])
    page = browser.get(url)
    assert "80.0 %" in text_of(page)
    assert kept.edition.sha256 in text_of(page)
    said = {"meaning": "approved", "note": "all good"}
    wrong = pressed_form(browser, page, url, **said, password="not mine")
    assert wrong.status_code == 400
    assert "This is not right" in text_of(wrong)
    assert "all good" in text_of(wrong)
    assert not ReportSignature.objects.exists()
    right = pressed_form(browser, wrong, url, **said, password=given.PASSWORD)
    assert right.url == reverse("edition", args=[kept.edition.uid])
    told = text_of(browser.get(right.url))
    assert "Signed Avery Manager" in told
    assert "approved" in told
    document = ReportDocument.objects.get()
    assert browser.get(reverse("pdf", args=[kept.edition.uid])).content == bytes(document.content)
    assert "already" in text_of(browser.get(url, follow=True))
    assert "signed" in text_of(browser.get(reverse("reports")))
    again = pressed(
        browser, browser.get(right.url), reverse("check-again", args=[kept.edition.uid])
    )
    assert "the same rows" in text_of(browser.get(again.url))


def pressed_form(browser, page, url, **typed):
    """Press the one posting form of a page that leads to itself."""
    key = page.content.decode().split('name="key" value="')[1].split('"')[0]
    return browser.post(url, typed | {"key": key})


def test_a_printed_code_is_looked_up_by_anybody_without_numbers(house, kept):
    signed(house, kept)
    code = kept.edition.check_code
    typed = f" {code.lower().replace('-', ' ')} "
    assert as_code(typed) == code
    said = text_of(given.signed_in(house.porter).get(reverse("check-report"), {"code": typed}))
    for words in ("genuine and signed", "Lamps", house.manager.name, "reviewed", "still the same"):
        assert words in said, words
    assert kept.edition.sha256 in said
    assert "80.0 %" not in said
    assert "Open the report" not in said
    manager = given.signed_in(house.manager)
    assert "Open the report" in text_of(manager.get(reverse("check-report"), {"code": code}))
    for unknown in ("ABCD-EFGH-2345", "', DROP TABLE", "x" * 500, "٣"):
        page = manager.get(reverse("check-report"), {"code": unknown})
        assert page.status_code == 200
        if len(unknown) < 40:
            assert "No report of this house carries this code" in text_of(page)
    tampered(kept)
    said = text_of(manager.get(reverse("check-report"), {"code": code}))
    assert "not as it was" in said


def test_a_file_is_compared_to_the_byte(house, kept):
    signed(house, kept)
    browser = given.signed_in(house.porter)
    rows = b"".join(csv_files.rows(kept))
    paper = bytes(ReportDocument.objects.get().content)
    for content, says in (
        (rows, "rows of a report of ours, unchanged"),
        (paper, "signed PDF of ours, unchanged"),
        (rows[:-2], "none that we kept"),
        (paper[:100] + b"!" + paper[101:], "none that we kept"),
    ):
        file = SimpleUploadedFile("=report.csv", content)
        page = browser.post(reverse("compare-report"), {"file": file})
        assert says in text_of(page)
        assert hashlib.sha256(content).hexdigest() in text_of(page)
    for nothing in ({}, {"file": SimpleUploadedFile("empty.pdf", b"")}):
        assert browser.post(reverse("compare-report"), nothing).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_of_two_who_sign_at_once_the_later_paper_names_both(house, kept):
    other = given.person("second-manager", ["manager"])
    wrong = []

    def press(who):
        try:
            signed(house, kept, who)
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    both = [threading.Thread(target=press, args=[who]) for who in (house.manager, other)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert not wrong
    first, second = ReportDocument.objects.order_by("pk")
    assert first.content != second.content
    assert len(bytes(second.content)) > len(bytes(first.content))


def test_a_signed_report_is_shown_before_newer_ones_of_the_same_question(house, kept):
    signed(house, kept)
    made(LAMPS, month(), house.manager, house.now)
    browser = given.signed_in(house.manager)
    page = text_of(browser.get(reverse("report", args=["lamps"])))
    assert f"Signed {house.manager.name}" in page
    assert "needs your signature" not in text_of(browser.get(reverse("reports")))


def test_data_that_came_after_signing_is_listed_beside_the_signed_report(house):
    sql = "SELECT mrn, family FROM hims_patient WHERE %(begins)s < %(ends)s ORDER BY mrn"
    columns = [Column("mrn", "Number"), Column("family", "Family name")]
    report = replace(
        LAMPS, code="FOLK", slug="folk", sql=sql, columns=columns, key=["mrn"],
        figures=[figures.count("all", "People")], groupings=[], filters=[], charts=[],
    )  # fmt: skip
    browser = given.signed_in(house.manager)
    with declared(report):
        kept = made(report, month(), house.manager, house.now)
        signed(house, kept)
        Patient.objects.filter(mrn="MRN-777001").update(family="Renamed")
        url = reverse("edition", args=[kept.edition.uid])
        asks = reverse("check-again", args=[kept.edition.uid])
        newer = pressed(browser, browser.get(url), asks).url
        said = text_of(browser.get(newer))
        for words in ("1 rows differ", "0 added, 0 gone, 1 changed", "Oakhurst → Renamed"):
            assert words in said, words
        assert "a newer version found other rows" in text_of(browser.get(url))
        listed = text_of(browser.get(reverse("report", args=["folk"])))
        assert "signed restated" in listed
        assert "restates a signed one" in listed
        code = {"code": kept.edition.check_code}
        assert "A restated version exists" in text_of(browser.get(reverse("check-report"), code))
