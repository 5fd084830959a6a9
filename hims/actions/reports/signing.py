"""A report is signed: who answers for it, as what, when and with what meaning, and the PDF as it
was then, kept byte for byte.

Who it is was asked again at the door (21 CFR 11.200); here it is written down.
"""

import hashlib
from datetime import datetime

from django.utils.translation import gettext as _

from hims.access.roles import ROLE_NAMES, Role
from hims.action import action, touches
from hims.errors import Finding, Forbidden, Refused
from hims.models import Actor, ReportDocument, ReportEdition, ReportSignature
from hims.queries.editions import Kept
from hims.queries.report_checks import rows_hash
from hims.reporting import paper
from hims.reporting.declared import Report, report_of

PAPER = "A4"
LONGEST_NOTE = 300
Status = ReportEdition.Status


@action("report.sign")
def sign(
    *, actor: Actor, now: datetime, edition: ReportEdition, meaning: str, note: str = ""
) -> ReportSignature:
    """Sign a finished edition. meaning: a ReportSignature.Meaning.

    The PDF with all signatures so far is kept in the same transaction; of two who sign at once the
    second waits, and finds the first's name in theirs. Raises Forbidden for a report that the
    actor may not see, Refused as `hindrance` says, or when the rows that are kept are not those
    that were counted.
    """
    row = ReportEdition.objects.select_for_update().get(pk=edition.pk)
    if not actor.may(report_of(row.code).permission):
        raise Forbidden(report_of(row.code).permission)
    if finding := hindrance(actor, row):
        raise Refused(finding)
    if meaning not in ReportSignature.Meaning.values:
        raise Refused(Finding("no_meaning", _("Choose what you sign for."), field="meaning"))
    if rows_hash(row) != row.sha256:
        text = _("The rows that are kept are not those that were counted. Do not sign; tell IT.")
        raise Refused(Finding("rows_differ", text))
    signature = ReportSignature.objects.create(
        edition=row,
        actor=actor,
        name=actor.name,
        role=_as(actor, row),
        meaning=meaning,
        at=now,
        sha256=row.sha256,
        note=note.strip()[:LONGEST_NOTE],
    )
    content = paper.pdf(Kept(row), paper=PAPER, now=now)
    document = ReportDocument.objects.create(
        edition=row,
        signature=signature,
        made_at=now,
        paper=PAPER,
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
    )
    touches(row, signature, document)
    return signature


def hindrance(actor: Actor, edition: ReportEdition) -> Finding | None:
    """Why `actor` cannot sign this edition; None if they can."""
    report = report_of(edition.code)
    if not report.signers & set(actor.roles):
        text = _("This report is signed by: %(roles)s.") % {"roles": signers_text(report)}
        return Finding("not_a_signer", text)
    if edition.status != Status.DONE:
        return Finding("not_made", _("Only a report that is made can be signed."))
    if edition.definition != report.version:
        text = _("This report is counted in another way since. Make it anew and sign that.")
        return Finding("other_definition", text)
    if edition.signatures.filter(actor=actor).exists():
        return Finding("signed_already", _("You have signed this report already."))
    return None


def signers_text(report: Report) -> str:
    """Who signs it, by role."""
    return ", ".join(str(ROLE_NAMES[role]) for role in Role if role in report.signers)


def _as(actor: Actor, edition: ReportEdition) -> str:
    """The role in which they sign: the first of theirs that may."""
    signers = report_of(edition.code).signers
    return next(role for role in actor.roles if role in signers)
