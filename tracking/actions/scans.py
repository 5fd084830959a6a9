"""A code was read. It is kept whatever it is; a thing read in a zone is position evidence."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from hims import subjects
from hims.action import action, touches
from hims.errors import Finding, Invalid
from hims.models import Actor, Device, Zone
from hims.wire.codes import LONGEST, Code
from tracking.models import BEARERS, Scan, Sighting, TagAssignment

from .sightings import saw

LONGEST_CODE = LONGEST
AHEAD = timedelta(minutes=1)
OLDEST = timedelta(days=7)


@dataclass
class Read:
    """What came of a scan: the kept row, what the code says, what it stands for, and what it
    caused."""

    scan: Scan
    code: Code
    found: subjects.Found | None
    findings: list[Finding] = field(default_factory=list)
    effects: list[dict] = field(default_factory=list)


@action("scan.record")
def record_scan(
    *,
    actor: Actor,
    now: datetime,
    code: str,
    at: datetime | None = None,
    zone: Zone | None = None,
    scanner: str = "",
    symbology: str = "",
) -> Read:
    """Keep a scan, and take it as a sighting when it is a bearer read in a zone.

    at: when the scanner says it was read; a clock that runs ahead or is days off is not believed
    and the time of arrival is used. A tag's code stands for who bears the tag now.
    """
    if not code.strip() or len(code) > LONGEST_CODE:
        raise Invalid(Finding("bad_code", _("A code has 1 to 4096 characters."), field="code"))
    findings = []
    if at is None:
        at = now
    elif at > now + AHEAD or at < now - OLDEST:
        findings.append(
            Finding(
                "clock", _("The scanner's clock is wrong; the time of arrival is used."), "warn"
            )
        )
        at = now
    read_code = subjects.understood(code, now=now, symbology=symbology)
    found = _bearer_of_tag(subjects.find(code, read_code), now)
    if found and not found.by_code and read_code.format != "own":
        read_code = Code(read_code.text, "own")  # a number of ours that only looks like a code
    findings += [*read_code.findings, *(found.findings if found else ())]
    scan = Scan.objects.create(
        code=code,
        scanner=scanner,
        symbology=symbology,
        at=at,
        received_at=now,
        actor=actor,
        zone=zone,
        kind=_kind(found),
        subject=f"{found.kind}:{found.thing.uid}" if found else "",
        reason="" if found else subjects.why_unknown(read_code),
    )
    touches(scan)
    if actor.kind == Actor.Kind.DEVICE:
        Device.objects.filter(actor=actor).update(last_seen_at=now)
    read = Read(scan, read_code, found, findings)
    if found and zone and found.kind in BEARERS:
        sighting = saw(
            bearer=found.thing, zone=zone, at=at, now=now, actor=actor, source=Sighting.Source.SCAN
        )
        read.effects.append({"effect": "sighting", "id": str(sighting.uid), "zone": zone.code})
    return read


def _kind(found: subjects.Found | None) -> str:
    said = subjects.said_kind(found) if found else ""
    return said if said in Scan.Kind.values else Scan.Kind.UNKNOWN


def _bearer_of_tag(found: subjects.Found | None, now: datetime) -> subjects.Found | None:
    if found is None or found.kind != "tag":
        return found
    worn = TagAssignment.objects.filter(tag=found.thing, period__contains=now).first()
    return subjects.Found(worn.bearer_kind, worn.bearer) if worn else None
