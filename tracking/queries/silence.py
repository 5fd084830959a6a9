"""Gateways that fell silent, beyond what is usual for any of them, and an engine that stands still.

While the engine stands still nobody listens: of gateways nothing is known then, nor until it has
listened for as long as a gateway may be silent.
"""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from hims.health import STALE_S
from hims.models import Department
from hims.queries.standing import Standing, difference, threshold_min
from tracking.alert_rules import ENGINE_STILL, SILENT_GATEWAYS
from tracking.models import EngineStatus, Gateway
from tracking.queries.gateways import SILENT_S, silent_since


def standing(now: datetime) -> dict[str, list[Standing]]:
    """Rule -> what stands; a rule of which nothing can be said now is left out."""
    engine = EngineStatus.objects.first()
    if engine is None:
        return {}
    if (now - engine.beat_at).total_seconds() > STALE_S:
        return {ENGINE_STILL: [_engine(engine)]}
    minutes = threshold_min(SILENT_GATEWAYS)
    since = now - max(timedelta(minutes=minutes), timedelta(seconds=SILENT_S))
    if engine.started_at > since:
        return {ENGINE_STILL: []}
    departments = {one.area_id: one for one in Department.objects.filter(active=True)}
    silent = [_silent(gateway, departments) for gateway in silent_since(since)]
    return {ENGINE_STILL: [], SILENT_GATEWAYS: silent}


def changed(now: datetime) -> bool:
    """Whether anything fell silent or speaks again."""
    return any(any(difference(rule, found)) for rule, found in standing(now).items())


def _silent(gateway: Gateway, departments: dict[int, Department]) -> Standing:
    """By area where the gateway hangs in one, else by floor."""
    area = gateway.zone.area if gateway.zone and gateway.zone.area_id else None
    where = area.name if area else gateway.floor.name
    within = gateway.floor.name if area else gateway.floor.building.name
    return Standing(
        group_key=f"area:{area.uid}" if area else f"floor:{gateway.floor.uid}",
        subject=f"gateway:{gateway.uid}",
        title=_("Gateways are silent: %(where)s, %(within)s") % {"where": where, "within": within},
        text=str(gateway),
        url="/settings/gateways/",
        department=departments.get(area.pk) if area else None,
        at=gateway.health.last_heard_at,
    )


def _engine(engine: EngineStatus) -> Standing:
    return Standing(
        group_key="engine",
        subject="engine",
        title=_("Places are not followed: the engine stands still"),
        text=_("Last seen at %(at)s UTC") % {"at": f"{engine.beat_at:%H:%M:%S}"},
        at=engine.beat_at,
    )
