"""Programs ask for reports and read them: declarations, editions with their numbers, and the rows
behind each number. Rows that are taken away are in the trail."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from hims.action import look
from hims.actions.reports import asking
from hims.errors import Finding, Invalid, NotFound, Refused
from hims.models import ReportEdition, ReportRow
from hims.queries import report_pages
from hims.queries.editions import Kept, Only, edition_of, editions
from hims.reporting.declared import Report, report_at, report_of, reports_for
from hims.reporting.making import make

from . import report_words as words
from .base import PAGE_MOST, PAGE_SIZE, ApiDoor, paged, valid, whole_number

Status = ReportEdition.Status


class Reports(ApiDoor):
    """The reports that the caller may see, as they are declared."""

    permissions = {"GET": "reports.view"}

    @extend_schema(operation_id="reports_list", responses=words.ReportList)
    def get(self, request):
        found = [words.declaration(one, request.user) for one in reports_for(request.user)]
        return Response({"results": found, "next": None})


class Editions(ApiDoor):
    """What was made of a report, newest first; and to have it made. A short period is made while
    one waits (201), a longer one by the worker (202): its address says how far it is."""

    permissions = {"GET": "reports.view", "POST": "report.ask"}

    @extend_schema(
        operation_id="report_editions_list",
        parameters=[OpenApiParameter("cursor", str), OpenApiParameter("limit", int)],
        responses=words.EditionPage,
    )
    def get(self, request, slug):
        report = _report(request, slug)
        found = editions(request.user, report.code).defer("figures", "groups", "series")
        return Response(paged(request, found, lambda row: words.edition(row, slug)))

    @extend_schema(
        request=words.EditionBody,
        responses={201: words.WholeEdition, 202: words.QueuedShape},
    )
    def post(self, request, slug):
        report = _report(request, slug)
        asked = valid(words.EditionBody, request.data)
        period = words.period_of(asked)
        waits = period.days <= report.inline_days
        answer = self.act(
            asking.ask,
            word=_queued,
            status=202,
            report=report,
            period=period,
            filters=asked.get("filters", {}),
            grouping=asked.get("by", ""),
            source=ReportEdition.Source.API,
            waits=waits,
        )
        if answer.status_code != 202:
            return answer
        if waits:
            # The same call again finds what the first one made.
            row = edition_of(request.user, answer.data["id"])
            make(row.pk, timezone.now())
            row.refresh_from_db()
            if row.status == Status.DONE:
                answer = Response(words.whole_edition(Kept(row)), status=201)
        answer["Location"] = _address(answer.data["id"])
        return answer


class OneEdition(ApiDoor):
    """An edition: how far it is, and its numbers once it is done."""

    permissions = {"GET": "reports.view"}

    @extend_schema(operation_id="report_edition", responses=words.WholeEdition)
    def get(self, request, uid):
        return Response(words.whole_edition(Kept(edition_of(request.user, uid))))


class Rows(ApiDoor):
    """The rows of an edition in their order; with `figure` and `part` those behind one number."""

    permissions = {"GET": "report.export"}

    @extend_schema(
        operation_id="report_rows",
        parameters=[
            OpenApiParameter("figure", str, description="Name of a figure."),
            OpenApiParameter("part", enum=report_pages.PARTS, default=report_pages.COUNTED),
            OpenApiParameter(
                "group", str, description="Key of a group; empty for the one that is not known."
            ),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        responses=words.RowPage,
    )
    def get(self, request, uid):
        kept = _done(request, uid)
        asked = request.query_params
        found = _behind(kept, asked)
        size = whole_number(asked.get("limit"), PAGE_SIZE, 1, PAGE_MOST, "limit")
        if cursor := asked.get("cursor"):
            after = whole_number(cursor, 0, 0, 2**63 - 1, "cursor")
            found = found.filter(position__gt=after)
        rows = list(found[: size + 1])
        look(
            viewer=request.user,
            now=timezone.now(),
            what="report.export",
            things=[kept.edition],
            reason="rows",
        )
        following = None
        if len(rows) > size:
            rows = rows[:size]
            query = asked.copy()
            query["cursor"] = str(rows[-1].position)
            following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
        names = kept.report.names
        told = [dict(zip(names, row.cells, strict=True)) for row in rows]
        return Response({"results": told, "next": following})


class Cancel(ApiDoor):
    """Call off the making of an edition."""

    permissions = {"POST": "report.cancel"}

    @extend_schema(request=words.NothingBody, responses={200: words.EditionShape})
    def post(self, request, uid):
        valid(words.NothingBody, request.data)
        row = edition_of(request.user, uid)
        slug = report_of(row.code).slug
        return self.act(
            asking.cancel, word=lambda done: words.edition(done, slug), status=200, edition=row
        )


def _report(request, slug: str) -> Report:
    """A report by its address; what the caller may not see is not there."""
    found = report_at(slug)
    if found is None or not request.user.may(found.permission):
        raise NotFound("there is no such report")
    return found


def _done(request, uid) -> Kept:
    row = edition_of(request.user, uid)
    if row.status != Status.DONE:
        raise Refused(Finding("not_made", "This report is not made yet. Try again soon."))
    return Kept(row)


def _behind(kept: Kept, asked) -> QuerySet[ReportRow]:
    """The rows that are asked for. Raises Invalid for a figure, part or group that there is not."""
    only = []
    if "group" in asked:
        only = [Only(kept.edition.grouping, _group(kept, asked["group"]))]
    found = kept.rows(only=only)
    part = asked.get("part") or report_pages.COUNTED
    if part not in report_pages.PARTS:
        text = f"part is one of {', '.join(report_pages.PARTS)}."
        raise Invalid(Finding("no_part", text, field="part"))
    if not asked.get("figure"):
        return found
    figures = {one.name: one for one in kept.report.figures}
    if asked["figure"] not in figures:
        raise Invalid(Finding("no_figure", "The report has no such figure.", field="figure"))
    return found.filter(report_pages.behind(kept, figures[asked["figure"]], part))


def _group(kept: Kept, text: str) -> Any:
    for group in kept.edition.groups:
        key = group["key"]
        if text == ("" if key is None else str(key)):
            return key
    raise Invalid(Finding("no_group", "The report has no such group.", field="group"))


def _queued(row: ReportEdition) -> dict:
    uid = str(row.uid)
    return {"id": uid, "status": row.status, "url": _address(uid)}


def _address(uid: str) -> str:
    return reverse("api-edition", args=[uid])
