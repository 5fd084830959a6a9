"""What the second floor says of its health: the engine, its lag, gateways that fell silent."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Max, Q

from hims.health import Check, Sample, beat_check, register_check, register_gauges

from .models import EngineStatus, Gateway, GatewayHealth
from .queries import spool

LAG_S = 3.0  # the lag window: positions older than this are not live any more
SILENT = timedelta(minutes=5)
SPOOL_BEHIND_S = 180.0  # the newest raw reading may be older than the newest word of a gateway


def _status() -> EngineStatus | None:
    return EngineStatus.objects.first()


def _engine(now: datetime) -> Check:
    status = _status()
    return beat_check("the engine", status.beat_at if status else None, now)


def _feed(now: datetime) -> Check:
    status = _status()
    lag = status.lag_s if status else 0.0
    word = f"readings wait {lag:.1f} s for the engine"
    return Check(lag <= LAG_S, word, {"lag_s": round(lag, 3)})


def _spool(now: datetime) -> Check:
    """Never a reason to be unwell: without raw readings nothing but a replay is missing."""
    if not spool.most_bytes():
        return Check(True, "raw readings are not kept")
    kept, heard = spool.standing(), GatewayHealth.objects.aggregate(at=Max("last_heard_at"))["at"]
    if kept is None:
        return Check(True, "no raw readings are kept yet")
    minutes = round((kept.end - kept.start) / 60)
    word = f"raw readings of {minutes} min are kept in {kept.bytes / 2**20:.0f} MB"
    if heard is not None and heard.timestamp() - kept.end > SPOOL_BEHIND_S:
        word += ", but none of the newest: is the disk full?"
    return Check(True, word, {"bytes": kept.bytes, "minutes": minutes})


def silent_gateways(now: datetime) -> int:
    """Gateways that hang somewhere and have not been heard from for five minutes."""
    heard = Q(health__last_heard_at__gte=now - SILENT)
    return Gateway.objects.exclude(floor=None).exclude(heard).count()


def _gauges(now: datetime) -> Iterable[Sample]:
    yield Sample("hims_gateways_silent", silent_gateways(now), "Gateways silent for five minutes.")
    status = _status()
    if status is None:
        return
    beat_age = (now - status.beat_at).total_seconds()
    yield Sample("hims_engine_beat_age_seconds", beat_age, "Seconds since the engine's last beat.")
    yield Sample("hims_feed_lag_seconds", status.lag_s, "How long readings wait for the engine.")
    counts = {"accepted": status.accepted, "repeated": status.repeated, "late": status.late}
    for fate, count in counts.items():
        text = "Readings by what became of them since the engine started."
        yield Sample("hims_readings_total", count, text, (("fate", fate),), "counter")
    text = "Gaps in which readings may have been lost."
    yield Sample("hims_feed_gaps_total", status.gaps, text, kind="counter")


register_check("engine", _engine)
register_check("feed", _feed)
register_check("spool", _spool)
register_gauges(_gauges)
