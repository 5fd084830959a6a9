"""What to try with reports: a question until it is signed, a breach, and what came late."""

from django.urls import reverse
from django.utils.translation import gettext as _

from hims.models import ReportEdition
from hims.reporting.declared import report_of

from .reports import CORRECTED
from .story import Story


def stories() -> list[Story]:
    """All of them, or none before any report was made."""
    restated = ReportEdition.objects.filter(code=CORRECTED).exclude(restates=None).first()
    newest = ReportEdition.objects.filter(code=CORRECTED, restates=None).order_by("-first").first()
    if newest is None:
        return []
    slug = report_of(CORRECTED).slug
    found = [
        Story(
            _("From a question to a signed PDF"),
            _(
                "As manager: Reports, ER throughput, last month. Press the headline for the visits "
                "behind it, take the CSV, sign with your password, open the signed PDF."
            ),
            _(
                "The same number on the page, in each file and on paper; sha256sum of the CSV of "
                "rows is what stands on the paper, with the seal of the trail."
            ),
            page=reverse("report", args=[slug]),
        ),
        Story(
            _("A week in which patients waited"),
            _(
                "In last month's ER throughput look at the chart; then open the breach of the "
                "4-hour target and finish its action."
            ),
            _("Why the target was missed, who has it in hand, and when it will be seen to help."),
            page=reverse("breaches"),
        ),
        Story(
            _("Two of a controlled drug are missing"),
            _("As pharmacist: Reports, Controlled drugs, yesterday. Open what is in breach."),
            _("The count of yesterday, two below the ledger, and nobody has said why."),
            page=reverse("report", args=[report_of("R9").slug]),
        ),
        Story(
            _("Is this paper genuine?"),
            _("As anybody: Reports, Check a printed report, with the code below."),
            _("What was signed, by whom and when; not its numbers, where you may not see them."),
            codes=[(_("check code"), newest.check_code)],
            page=reverse("check-report"),
        ),
    ]
    if restated is not None and restated.restates is not None:
        found.append(
            Story(
                _("Something was said after the signature"),
                _("As manager: open the signed ER throughput of the month before last."),
                _(
                    "It stands as it was signed; a newer version beside it lists the one visit "
                    "that differs, and waits for a signature."
                ),
                page=reverse("edition", args=[restated.restates.uid]),
            )
        )
    return found
