"""The rows behind the numbers of a report: sorted, a page at a time, each look in the trail."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.db.models import Q
from django.shortcuts import render
from django.urls import NoReverseMatch, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hims.action import look
from hims.errors import NotFound
from hims.models import Actor, ReportEdition
from hims.queries.editions import Kept, edition_of
from hims.queries.report_pages import COUNTED, OF, PARTS, UNKNOWN, WHOLE, behind, whose
from hims.reporting import wording
from hims.reporting.declared import Cell, Column

from .page import page

A_PAGE = 50
FIRST_FEW = 20
NUMBERS = {Cell.NUMBER, Cell.AMOUNT, Cell.DURATION}
LONGEST_GROUP = 400


@dataclass(frozen=True)
class Behind:
    """Which rows were asked for: all, or those behind a figure, in words and as a query."""

    asked: dict[str, str]
    title: str
    which: Q


@page("reports.view")
@require_GET
def rows(request, uid):
    """All rows of an edition, or those behind one of its numbers."""
    edition = edition_of(request.user, uid)
    if edition.status != ReportEdition.Status.DONE:
        raise NotFound("not made")
    kept = Kept(edition)
    if edition.definition != kept.report.version:
        raise NotFound("made by an older definition")
    asked = _behind(kept, request)
    order, way = request.GET.get("order", ""), request.GET.get("way", "")
    if order and order not in {column.name for column in _shown(kept)}:
        raise BadRequest("no such column")
    found = kept.rows(order=order, backwards=way == "down").filter(asked.which)
    count = found.count()
    pages = max(1, -(-count // A_PAGE))
    number = min(pages, _number(request.GET.get("page", "")))
    some = list(found[(number - 1) * A_PAGE : number * A_PAGE])
    sorting = {"order": order, "way": way} if order else {}
    url = reverse("edition-rows", args=[uid])
    context = {
        "kept": kept,
        "report": kept.report,
        "edition": edition,
        "period_text": wording.period_text(edition),
        "title": asked.title,
        "count_text": wording.rows_text(count),
        "whole": not asked.asked,
        "rows": _table(request, kept, some, order=order, way=way, asked=asked.asked),
        "number": number,
        "pages": pages,
        "earlier": number > 1
        and f"{url}?{urlencode(asked.asked | sorting | {'page': number - 1})}",
        "later": number < pages
        and f"{url}?{urlencode(asked.asked | sorting | {'page': number + 1})}",
    }
    return render(request, "hims/report_rows_page.html", context)


def first_rows(request, kept: Kept) -> dict[str, Any]:
    """The first few rows, for the page of the report."""
    return _table(request, kept, list(kept.rows()[:FIRST_FEW]))


def _behind(kept: Kept, request) -> Behind:
    name = request.GET.get("figure", "")
    part = request.GET.get("part", COUNTED)
    if not name:
        return Behind({}, _("All rows"), Q())
    figure = next((one for one in kept.report.figures if one.name == name), None)
    if figure is None or part not in PARTS:
        raise BadRequest("no such figure")
    asked = {"figure": name, "part": part}
    group: Any = WHOLE
    if "group" in request.GET:
        group = _group(kept, request.GET["group"])
        asked["group"] = json.dumps(group)
    words = {
        COUNTED: _("“%(title)s”: the rows that were counted"),
        OF: _("“%(title)s”: all rows it was counted from"),
        UNKNOWN: _("“%(title)s”: the rows of which it is not known"),
    }
    title = words[part] % {"title": figure.title}
    if group is not WHOLE:
        by = kept.report.column(kept.edition.grouping).title
        title += f", {by}: {wording.group_text(kept, group)}"
    return Behind(asked, title, behind(kept, figure, part, group))


def _group(kept: Kept, text: str) -> Any:
    if not kept.edition.grouping or len(text) > LONGEST_GROUP:
        raise BadRequest("no such group")
    try:
        group = json.loads(text)
    except ValueError:
        raise BadRequest("no such group") from None
    if not any(one["key"] == group for one in kept.edition.groups):
        raise BadRequest("no such group")
    return group


def _table(
    request, kept: Kept, some: list, *, order: str = "", way: str = "", asked: dict | None = None
) -> dict[str, Any]:
    """Rows in words, and who looks at them written into the trail."""
    shown = _shown(kept)
    places = [kept.report.place(column.name) for column in shown]
    links = [_link(kept, column, request.user) for column in shown]
    _looked(request.user, kept, some)
    url = reverse("edition-rows", args=[kept.edition.uid])
    heads = []
    for column in shown:
        here = column.name == order
        turned = "down" if here and way != "down" else ""
        query = urlencode(
            (asked or {}) | {"order": column.name} | ({"way": turned} if turned else {})
        )
        heads.append(
            {
                "title": column.title,
                "unit": column.unit,
                "number": column.cell in NUMBERS,
                "url": f"{url}?{query}",
                "way": ("descending" if way == "down" else "ascending") if here else "",
            }
        )
    return {
        "heads": heads,
        "rows": [
            [
                {
                    "text": wording.cell_text(column, row.cells[place]),
                    "url": link and _url(link, row.cells),
                    "kind": _kind(column),
                }
                for column, place, link in zip(shown, places, links, strict=True)
            ]
            for row in some
        ],
    }


def _kind(column: Column) -> str:
    """How a cell is set: numbers to the right, times on one line, texts as they come."""
    if column.cell in NUMBERS:
        return "number"
    return "unbroken" if column.cell in {Cell.TIME, Cell.DAY, Cell.FLAG} else "text"


def _shown(kept: Kept) -> list[Column]:
    return [one for one in kept.report.columns if one.shown and one.cell is not Cell.UID]


def _link(kept: Kept, column: Column, viewer: Actor) -> tuple[str, int] | None:
    """(url name, place of the identifier) of where a cell leads, if the viewer may go there."""
    if column.to is None:
        return None
    name, uid = column.to
    try:
        view = resolve(reverse(name, args=["00000000-0000-0000-0000-000000000000"])).func
    except NoReverseMatch:
        return None
    return (name, kept.report.place(uid)) if viewer.may(view.permission) else None


def _url(link: tuple[str, int], cells: list[Any]) -> str:
    name, place = link
    return reverse(name, args=[cells[place]]) if cells[place] else ""


def _looked(viewer: Actor, kept: Kept, some: list) -> None:
    """Write down whose rows were shown: the report's, and the patients' that they are about."""
    if not some:
        return
    things = [kept.edition, *whose(kept, [row.cells for row in some])]
    look(viewer=viewer, now=timezone.now(), what="report.rows", things=things)


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1
