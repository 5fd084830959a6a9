"""A report in words: its cells, its figures and what stands about it, in the hospital's time. The
page and the paper say the same because both ask here."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hims.domain.figures import Figure, Kind, Told
from hims.domain.periods import Cadence, Period
from hims.models import ReportEdition, ReportRule
from hims.queries.editions import Kept, Line, Target

from .declared import Cell, Column, Report

DIGITS_OF_A_HASH = 16  # enough to tell seals apart on paper; the whole one is in the export


def cell_text(column: Column, kept: Any) -> str:
    """A kept cell as people read it; what is not known is an em dash."""
    if kept is None:
        return "—"
    return _SAY[column.cell](kept)


def figure_text(figure: Figure, told: Told) -> str:
    """The figure with its unit; "n/a" where it has no value."""
    if told.value is None:
        return _("n/a")
    text = number_format(told.value, decimal_pos=figure.places, use_l10n=True, force_grouping=True)
    if figure.unit == "%":
        return f"{text} %"
    return f"{text} {figure.unit}".strip()


def counted_text(report: Report, figure: Figure, told: Told) -> str:
    """From what the figure was counted: "45 of 366" beside every percentage, "from 120" beside a
    median, nothing beside a count."""
    if told.whole is not None:
        long = report.column(figure.of).cell is Cell.DURATION
        say: Callable[[Any], str] = duration_text if long else _number
        n, whole = say(told.n), say(told.whole)
        return _("%(n)s of %(whole)s") % {"n": n, "whole": whole}
    if figure.kind in {Kind.MEDIAN, Kind.NINETIETH}:
        return _("from %(n)s") % {"n": _number(told.n)}
    return ""


def unknown_text(told: Told) -> str:
    """Its own line, never zero in disguise: "3 not known"."""
    return _("%(count)s not known") % {"count": _number(told.unknown)}


def target_text(figure: Figure, target: Target | None) -> str:
    """The target: "at most 60 min"; nothing where there is none."""
    if target is None or target.rule.value is None:
        return ""
    value = Decimal(target.rule.value).normalize()
    text = number_format(f"{value:f}", use_l10n=True, force_grouping=True)
    unit = " %" if figure.unit == "%" else f" {figure.unit}" if figure.unit else ""
    if target.rule.comparison == ReportRule.Comparison.AT_MOST:
        return _("at most %(value)s") % {"value": text + unit}
    return _("at least %(value)s") % {"value": text + unit}


def before_text(line: Line) -> str:
    """What it was in the period before; nothing where nobody knows."""
    return "" if line.before is None else figure_text(line.figure, line.before)


def group_text(kept: Kept, key: Any) -> str:
    """The name of a group."""
    if key is None:
        return _("not known")
    return cell_text(kept.report.column(kept.edition.grouping), key)


def period_text(edition: ReportEdition) -> str:
    """The period in days of the hospital, both named ones in it; a whole month by its name."""
    period = Period(edition.first, edition.until)
    last = period.last
    if last == edition.first:
        return date_format(edition.first, "j F Y")
    if period.is_whole(Cadence.MONTH):
        return date_format(edition.first, "F Y")
    return _("%(first)s to %(last)s") % {
        "first": date_format(edition.first, "j F Y"),
        "last": date_format(last, "j F Y"),
    }


def bounds_text(edition: ReportEdition) -> str:
    """The same, half-open and to the minute, with the zone and in UTC."""
    zone = timezone.get_default_timezone()
    begins, ends = edition.begins.astimezone(zone), edition.ends.astimezone(zone)
    return _(
        "from %(begins)s up to, not including, %(ends)s %(zone)s "
        "(%(begins_utc)s to %(ends_utc)s UTC)"
    ) % {
        "begins": f"{begins:%Y-%m-%d %H:%M}",
        "ends": f"{ends:%Y-%m-%d %H:%M}",
        "zone": timezone.get_default_timezone_name(),
        "begins_utc": f"{edition.begins.astimezone(UTC):%Y-%m-%d %H:%M}",
        "ends_utc": f"{edition.ends.astimezone(UTC):%Y-%m-%d %H:%M}",
    }


def about(kept: Kept) -> list[tuple[str, str]]:
    """What stands about a report in every form of it, as (name, words), in order."""
    edition, report = kept.edition, kept.report
    filters = {one.name: one for one in report.filters}
    chosen = [
        f"{filters[name].title}: {_choice(filters[name], value, edition)}"
        for name, value in edition.filters.items()
    ]
    lines = [
        (_("Report"), f"{edition.code}, {report.title}"),
        (_("Definition"), _("version %(version)s") % {"version": edition.definition}),
        (_("Period"), f"{period_text(edition)}, {bounds_text(edition)}"),
        (_("Filters"), "; ".join(chosen) or _("none: the whole hospital")),
        (_("Told apart by"), _grouping(kept)),
        (_("Data as of"), moment_text(edition.data_as_of)),
        (_("Made by"), _("%(name)s on %(when)s") % {
            "name": edition.asked_by.name, "when": moment_text(edition.done_at),
        }),
        (_("Rows"), _number(edition.row_count or 0)),
        (_("SHA-256 of the rows"), edition.sha256),
        (_("Audit seal"), seal_text(edition)),
        (_("Check code"), edition.check_code),
    ]  # fmt: skip
    lines += [(_("Rests on"), rule.citation) for rule in kept.rules if rule.citation]
    if edition.restates:
        text = _("%(code)s, signed; the differences are listed") % {
            "code": edition.restates.check_code
        }
        lines.append((_("Restates"), text))
    return lines


def seal_text(edition: ReportEdition) -> str:
    """The newest seal of the trail when the report was made, by number and hash."""
    if edition.seal is None:
        return _("none yet")
    return f"{edition.seal.number}:{bytes(edition.seal.hash).hex()[:DIGITS_OF_A_HASH]}"


def moment_text(at: datetime | None) -> str:
    """A moment in the hospital's time, to the second, with its offset."""
    if at is None:
        return "—"
    local = at.astimezone(timezone.get_default_timezone())
    return f"{local:%Y-%m-%d %H:%M:%S} {local:%z}"


def rows_text(count: int) -> str:
    return ngettext("%(count)s row", "%(count)s rows", count) % {"count": _number(count)}


def duration_text(seconds: int) -> str:
    """Minutes with one decimal; hours and minutes from ten hours on."""
    if abs(seconds) < 36_000:
        return f"{Decimal(seconds) / 60:.1f} min"
    sign, minutes = "-" if seconds < 0 else "", round(abs(seconds) / 60)
    return f"{sign}{minutes // 60} h {minutes % 60:02d}"


def _grouping(kept: Kept) -> str:
    name = kept.edition.grouping
    return str(kept.report.column(name).title) if name else "—"


def _choice(one, value: str, edition: ReportEdition) -> str:
    labels = {choice: str(label) for choice, label in one.choices(edition.asked_by)}
    return labels.get(value, value)


def _number(number: Any) -> str:
    """A count as it is; a sum of parts to two places, which the files hold whole."""
    if isinstance(number, Decimal) and number != number.to_integral_value():
        number = round(number, 2)
    return number_format(number, use_l10n=True, force_grouping=True)


def _flag(kept: bool) -> str:
    return _("yes") if kept else _("no")


def _time(kept: str) -> str:
    local = datetime.fromisoformat(kept).astimezone(timezone.get_default_timezone())
    return f"{local:%Y-%m-%d %H:%M}"


_SAY: dict[Cell, Callable[[Any], str]] = {
    Cell.TEXT: str,
    Cell.NUMBER: _number,
    Cell.AMOUNT: lambda kept: number_format(kept, use_l10n=True, force_grouping=True),
    Cell.DURATION: duration_text,
    Cell.TIME: _time,
    Cell.DAY: lambda kept: date_format(date.fromisoformat(kept), "j M Y"),
    Cell.FLAG: _flag,
    Cell.UID: str,
}
