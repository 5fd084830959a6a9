"""How the reports of one viewer stand: what is in breach, what changed, what is to be signed, and
which breaches have no end; as many queries for one report as for all of them."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import BooleanField, Case, F, Q, Value, When, Window
from django.db.models.functions import DenseRank, RowNumber

from hims.access.scopes import visible_to
from hims.models import Actor, Breach, Delivery, ReportEdition, ReportRule, ReportSignature
from hims.queries.breaches import breaches
from hims.queries.editions import Kept, Line
from hims.reporting.declared import reports_for

TOLD_FOR = timedelta(days=7)  # so long a notice stands on the home page
Status = ReportEdition.Status


@dataclass(frozen=True)
class Place:
    """One figure of one report, as it is told."""

    kept: Kept
    line: Line


@dataclass
class Standing:
    """How the reports of a viewer stand. breached: figures that miss their target now. changed:
    the largest changes since the period before, of periods that are over. unsigned: what the viewer
    may sign and nobody has. owned: the viewer's breaches; loose: those that nobody has; late: those
    of others that are overdue. told: notices of reports that came. held: reports with a target
    that was looked at."""

    breached: list[Place] = field(default_factory=list)
    changed: list[Place] = field(default_factory=list)
    unsigned: list[Kept] = field(default_factory=list)
    owned: list[Breach] = field(default_factory=list)
    loose: list[Breach] = field(default_factory=list)
    late: list[Breach] = field(default_factory=list)
    told: list[Delivery] = field(default_factory=list)
    held: int = 0


def standing(viewer: Actor, now: datetime, today: date) -> Standing:
    """How the reports that the viewer may see stand."""
    found = Standing()
    over, running = _newest(viewer)
    for code, kept in over.items():
        current = running.get(code, kept)
        lines = [line for line in current.lines if line.target and line.told.value is not None]
        found.held += bool(lines)
        found.breached += [Place(current, line) for line in lines if line.in_breach]
        found.changed += [Place(kept, line) for line in kept.lines if change_of(line)]
    for code in running.keys() - over.keys():
        lines = [line for line in running[code].lines if line.target]
        found.held += bool(lines)
        found.breached += [Place(running[code], line) for line in lines if line.in_breach]
    found.changed.sort(key=lambda place: -change_of(place.line))
    found.unsigned = _unsigned(viewer, over)
    for row in breaches(viewer, "open", today):
        late = row.status == Breach.Status.OWNED and row.due_on is not None and row.due_on < today
        if row.owner_id == viewer.pk:
            found.owned.append(row)
        elif row.owner_id is None:
            found.loose.append(row)
        elif late:
            found.late.append(row)
    found.told = list(
        visible_to(viewer, Delivery.objects.all())
        .filter(actor=viewer, channel=None, alert=None, key__startswith="report:")
        .filter(sent_at__gt=now - TOLD_FOR, sent_at__lte=now)
        .order_by("-pk")[:5]
    )
    return found


def change_of(line: Line) -> Decimal:
    """How large a change is beside what it was; 0 for none, or where one side has no value."""
    was = line.before.value if line.before else None
    is_now = line.told.value
    if was is None or is_now is None or was == is_now:
        return Decimal(0)
    return abs(is_now - was) / abs(was) if was else Decimal(10)


def _newest(viewer: Actor) -> tuple[dict[str, Kept], dict[str, Kept]]:
    """code -> the newest edition of a whole period that was over; and of one that still ran, where
    it is newer. Each knows the edition before it and the rules that hold."""
    reports = {report.code: report for report in reports_for(viewer)}
    was_over = Case(
        When(ends__lte=F("data_as_of"), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    rows = (
        visible_to(viewer, ReportEdition.objects.all())
        .filter(standard=True, status=Status.DONE)
        .annotate(
            over=was_over,
            making=Window(RowNumber(), partition_by=["code", "first"], order_by=F("pk").desc()),
            back=Window(DenseRank(), partition_by=["code", was_over], order_by=F("first").desc()),
        )
        .filter(making=1, back__lte=2)
        .defer("groups", "series", "differences")
        .order_by("code", "-first")
    )
    held: dict[str, list[ReportRule]] = {}
    for rule in visible_to(viewer, ReportRule.objects.filter(active=True)).order_by("pk"):
        held.setdefault(rule.code, []).append(rule)
    over: dict[str, Kept] = {}
    running: dict[str, Kept] = {}
    for row in rows:
        if row.definition != reports[row.code].version:
            continue
        kept = Kept(row)
        kept.rules = held.get(row.code, [])
        kept.before = None
        if not row.over:
            if row.code not in running:
                running[row.code] = kept
        elif row.code not in over:
            over[row.code] = kept
        elif over[row.code].edition.first == row.until:
            over[row.code].before = row
    for code in [code for code in running if code in over]:
        if running[code].edition.first <= over[code].edition.first:
            del running[code]
    return over, running


def _unsigned(viewer: Actor, over: dict[str, Kept]) -> list[Kept]:
    """Of the newest periods, and of restated versions, what waits for the viewer's signature."""
    if not viewer.may("report.sign"):
        return []
    roles = set(viewer.roles)
    mine = {code: kept for code, kept in over.items() if kept.report.signers & roles}
    signable = [report.code for report in reports_for(viewer) if report.signers & roles]
    signed = set(
        ReportSignature.objects.filter(edition__code__in=mine, edition__filters={}).values_list(
            "edition__code", "edition__first", "edition__until"
        )
    )
    waiting = [
        kept
        for code, kept in mine.items()
        if (code, kept.edition.first, kept.edition.until) not in signed
    ]
    restated = (
        visible_to(viewer, ReportEdition.objects.filter(code__in=signable))
        .filter(restates__isnull=False, status=Status.DONE, differences__rows__gt=0)
        .filter(Q(signatures=None))
        .defer("groups", "series", "figures")
        .order_by("restates", "-pk")
        .distinct("restates")
    )
    there = {kept.edition.pk for kept in waiting}
    return waiting + [Kept(row) for row in restated if row.pk not in there]
