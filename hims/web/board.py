"""The board: who is here, which room is ready, and what comes next; a patient's panel."""

from django import forms
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from hims.access.scopes import the_one, visible_to
from hims.action import look
from hims.models import (
    Actor,
    Capability,
    CareRelationship,
    CareTeamMember,
    Department,
    DowntimeSheet,
    Encounter,
    Milestone,
    Patient,
)
from hims.queries.board import Board, board
from hims.queries.board_rows import Visit
from hims.queries.boards import first_department, with_board

from . import board_cells as cells
from .form import fresh_key
from .page import page

FILTERS = {
    "": _("Everybody"),
    "mine": _("My patients"),
    "waiting": _("Waiting for a room"),
    "boarders": _("Boarders"),
}
MOST_IDS = 60  # changed rows asked for at once; with more of them all are shown anew


class TriageForm(forms.Form):
    acuity = forms.TypedChoiceField(
        coerce=int, choices=[(n, str(n)) for n in range(1, 6)], widget=forms.RadioSelect
    )
    complaint = forms.CharField(max_length=200, required=False)
    needs = forms.MultipleChoiceField(choices=Capability.choices, required=False)


@page("flow.view")
@require_GET
def show(request):
    """The whole board of one department; `wall=1` for a screen that nobody touches."""
    department = chosen(request)
    if department is None:
        return render(request, "hims/board_none.html")
    now = timezone.now()
    seen = board(viewer=request.user, department=department, now=now)
    known = [Patient(uid=one.patient_uid) for one in seen.visits if one.patient_uid]
    if known:
        look(viewer=request.user, now=now, what="board.look", things=known)
    context = _context(request, seen) | {
        "departments": with_board(request.user),
        "filters": FILTERS,
        "sheet": _sheet(request.user, department),
    }
    return render(request, "hims/board.html", context)


@page("flow.view")
@require_GET
def rows(request):
    """What changed: the head, the rows named in `only` (else all), and the order of all rows."""
    department = chosen(request)
    if department is None:
        return render(request, "hims/board_none.html", status=404)
    seen = board(viewer=request.user, department=department, now=timezone.now())
    named = [word for word in request.GET.get("only", "").split(",") if word]
    only = set(named) if 0 < len(named) <= MOST_IDS else None
    return render(request, "hims/board_rows.html", _context(request, seen, only))


@page("flow.view")
@require_GET
def visit(request, uid):
    """Everything of one visit: what was said of it, and what can be said now."""
    return panel(request, uid)


def panel(request, uid, findings=(), status: int = 200, triage: TriageForm | None = None):
    """The panel of one visit, with what was refused."""
    encounter = the_one(
        request.user, Encounter.objects.select_related("department", "attending"), uid=uid
    )
    now = timezone.now()
    seen = board(viewer=request.user, department=encounter.department, now=now)
    row = next((one for one in seen.visits if one.id == encounter.pk), None)
    if row and row.patient_uid:
        look(
            viewer=request.user,
            now=now,
            what="visit.look",
            things=[encounter, Patient(uid=row.patient_uid)],
        )
    may = request.user.may
    context = {
        "encounter": encounter,
        "now": now,
        "row": row and cells.visit_row(row, seen, request.user),
        "visit": row,
        "story": _story(request.user, encounter),
        "inferred": row.missed if row else [],
        "words": cells.MILESTONES,
        "key": fresh_key(),
        "findings": findings,
        "triage": triage or TriageForm(),
        "needs": Capability.choices,
        "dispositions": Encounter.Disposition.choices,
        "sayable": _sayable(row),
        "may_say": may("encounter.milestone"),
        "may_correct": may("encounter.correct"),
        "may_end": may("encounter.end"),
        "is_open": encounter.status in Encounter.OPEN,
    }
    return render(request, "hims/board_visit.html", context, status=status)


def chosen(request) -> Department | None:
    """The department asked for; else where one is on shift; else the first emergency department."""
    asked = request.GET.get("department") or request.POST.get("department")
    if asked:
        return with_board(request.user).filter(code=asked[:40]).first()
    return first_department(request.user, timezone.now())


def _context(request, seen: Board, only: set[str] | None = None) -> dict:
    wanted = request.GET.get("show", "")
    visits = [one for one in seen.visits if _wanted(one, wanted, request.user, seen)]
    spaces = [] if wanted in ("mine", "boarders") else seen.rooms
    here = seen.here
    return {
        "board": seen,
        "now": seen.now,
        "department": seen.department,
        "show": wanted if wanted in FILTERS else "",
        "rows": [
            cells.visit_row(one, seen, request.user)
            for one in visits
            if only is None or only & _names(one)
        ],
        "rooms": [
            cells.room_row(space, seen, request.user)
            for space in spaces
            if only is None or str(space.uid) in only
        ],
        "wall": bool(request.GET.get("wall")),
        "nameless": request.GET.get("names") == "0",
        "order": " ".join([str(one.uid) for one in visits] + [str(one.uid) for one in spaces]),
        "key": fresh_key,
        "counts": {
            "here": len(here),
            "waiting": sum(one.waits_for_room for one in here),
            "late": sum(any(wait.due_at <= seen.now for wait in one.waits) for one in here),
            "boarders": sum(one.boards for one in here),
            "ready": sum(space.state == "ready" for space in seen.rooms),
        },
        "suggested": _suggested(seen, request.user),
    }


def _names(one: Visit) -> set[str]:
    """What a change may name that this row shows: the visit, its bed, the room held for it."""
    return {str(thing.uid) for thing in (one, one.bed, one.held) if thing}


def _suggested(seen: Board, viewer: Actor) -> dict | None:
    found = seen.suggested
    if found is None:
        return None
    return {
        "visit": found.visit,
        "space": found.space,
        "reasons": [cells.reason_words(one.code, one.value) for one in found.reasons],
        "may_answer": viewer.may("suggestion.answer"),
    }


def _wanted(one: Visit, wanted: str, viewer: Actor, seen: Board) -> bool:
    if wanted == "waiting":
        return one.waits_for_room
    if wanted == "boarders":
        return one.boards
    if wanted == "mine":
        return one.attending == viewer.pk or one.patient in _own_patients(viewer, seen)
    return True


def _own_patients(viewer: Actor, seen: Board) -> set[int]:
    """Patients whom the viewer cares for by name, not only by being on shift."""
    cached = getattr(viewer, "_own_patients", None)
    if cached is None:
        cared = CareRelationship.objects.filter(actor=viewer, ends_at__gt=seen.now)
        team = CareTeamMember.objects.filter(actor=viewer, ended_at=None)
        cached = {*cared.values_list("patient_id", flat=True)}
        cached |= {*team.values_list("patient_id", flat=True)}
        viewer._own_patients = cached
    return cached


def _story(viewer: Actor, encounter: Encounter) -> list[Milestone]:
    """All that was said of the visit, also what no longer stands, in the order it happened."""
    said = visible_to(viewer, Milestone.objects.filter(encounter=encounter))
    return list(said.select_related("actor", "corrects").order_by("at", "pk"))


def _sayable(row: Visit | None) -> list[tuple[str, str]]:
    """Milestones that one press may add: those that nobody has said yet."""
    kinds = Milestone.Kind
    plain = (kinds.TRIAGE_START, kinds.PROVIDER, kinds.RESULTS, kinds.BED_REQUESTED)
    plain += (kinds.BED_ASSIGNED, kinds.BED_READY)
    known = set(row.said) if row else set()
    return [(kind.value, kind.label) for kind in plain if kind.value not in known]


def _sheet(viewer: Actor, department: Department) -> DowntimeSheet | None:
    written = visible_to(viewer, DowntimeSheet.objects.filter(department=department))
    return written.order_by("-written_at", "-pk").first()
