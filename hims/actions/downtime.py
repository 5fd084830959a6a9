"""The downtime sheet: what a ward prints when nothing runs, written beforehand into a folder.

Each sheet appears whole under its final name or not at all; those older than a day are removed.
What goes wrong is a row of its own, shown on the board, and an alert.
"""

import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.utils.translation import gettext as _

from hims.access.roles import Role
from hims.action import action, step, touches
from hims.actions.alerts import clear_alert, raise_alert
from hims.alert_rules import register_rule
from hims.models import Actor, Department, DowntimeSheet
from hims.printing import encrypted
from hims.queries.actors import console
from hims.queries.crowding import quarter
from hims.queries.downtime import downtime_sheet

KEPT = timedelta(hours=24)
ROWS_KEPT = timedelta(days=7)
LEAST_FREE = 50 * 2**20  # bytes that a sheet leaves on the disk
RULE = "downtime.sheet"
NAME = re.compile(r"board-\d{8}T\d{6}Z\.pdf")

register_rule(
    RULE,
    title="A downtime sheet could not be written",
    priority="medium",
    owner_role=Role.CHARGE_NURSE,
    escalates_to=(Role.ADMINISTRATOR,),
    acknowledge_within_s=1800,
)


@action("downtime.write")
def write_sheets(*, actor: Actor, now: datetime, at_once: bool = False) -> list[DowntimeSheet]:
    """Write the sheet of each department that has none of the present quarter; `at_once` writes
    all anew. Nothing is done where no folder is set."""
    if not settings.HIMS_DOWNTIME_FOLDER:
        return []
    due = Department.objects.filter(active=True).exclude(bed_spaces=None)
    if not at_once:
        done = DowntimeSheet.objects.filter(written_at__gte=quarter(now))
        due = due.exclude(pk__in=done.values("department_id"))
    return [_write(department, actor, now) for department in due.distinct().order_by("pk")]


@step
def _write(department: Department, actor: Actor, now: datetime) -> DowntimeSheet:
    """One sheet, or the row that says why there is none."""
    touches(department)
    sheet = DowntimeSheet(department=department, written_at=now)
    try:
        path = folder_of(department) / _name_at(now)
        sheet.path = str(path)[:400]
        sheet.size = _put(path, _bytes(department, now), now)
    except (OSError, ValueError) as error:
        sheet.error = (getattr(error, "strerror", None) or str(error))[:400]
    sheet.save()
    old = DowntimeSheet.objects.filter(department=department, written_at__lt=now - ROWS_KEPT)
    old.delete()
    _alert(department, sheet, actor, now)
    return sheet


def folder_of(department: Department) -> Path:
    """The department's own folder below the chosen one; its code as a name of a folder."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", department.code).strip("-") or str(department.uid)
    return Path(settings.HIMS_DOWNTIME_FOLDER) / name


def _bytes(department: Department, now: datetime) -> bytes:
    if not settings.HIMS_DOWNTIME_PASSWORD:
        raise ValueError(_("No password is set for the sheets, so none is written."))
    # The hospital prints for itself: whoever has the password may know everybody on it.
    sheet = downtime_sheet(console(), department, now)
    return encrypted(sheet, settings.HIMS_DOWNTIME_PASSWORD)


def _put(path: Path, data: bytes, now: datetime) -> int:
    """Write whole or not at all, then remove what is older than a day. Bytes written."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    if shutil.disk_usage(path.parent).free < LEAST_FREE + len(data):
        raise OSError(_("The disk of the downtime sheets is full."))
    unfinished = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with open(unfinished, "xb", opener=_private) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    for old in path.parent.iterdir():
        if NAME.fullmatch(old.name) and old.name < _name_at(now - KEPT):
            old.unlink(missing_ok=True)
    return len(data)


def _name_at(at: datetime) -> str:
    return f"board-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.pdf"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o640)


@step
def _alert(department: Department, sheet: DowntimeSheet, actor: Actor, now: datetime) -> None:
    group = str(department.uid)
    if not sheet.error:
        clear_alert(rule=RULE, group_key=group, actor=actor, now=now)
        return
    raise_alert(
        rule=RULE,
        group_key=group,
        subject=group,
        title=_("%(department)s has no fresh downtime sheet") % {"department": department.name},
        text=sheet.error,
        url=f"/flow/?department={department.code}",
        department=department,
        actor=actor,
        now=now,
    )
