"""What the checks said is settled here: passed with a reason, or refused; and each rule's score.

    settle(findings, overrides, order=order, actor=actor, now=now)

overrides: [{"finding": "dose_too_large", "reason": "monitored", "text": "levels twice a day"}];
`reason` may also be "monitored: levels twice a day", or words of one's own.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from hims.action import Answer, Keyed, action, step
from hims.errors import Finding, Refused
from hims.models import Actor
from pharmacy.domain.checks import RULES, fingerprint
from pharmacy.models import MedicationOrder, RuleFiring

REASONS = {
    "benefit": gettext_lazy("The benefit outweighs the risk"),
    "tolerated": gettext_lazy("Has tolerated it before"),
    "monitored": gettext_lazy("Will be monitored"),
    "adjusted": gettext_lazy("Dose or timing is adjusted already"),
    "no_alternative": gettext_lazy("There is no alternative"),
    "advised": gettext_lazy("A specialist has advised it"),
    "not_applicable": gettext_lazy("Does not apply to this patient"),
    "emergency": gettext_lazy("Emergency"),
    "other": gettext_lazy("Another reason"),
}
"""Why a warning may be passed, by code; each with words of one's own beside it."""

FEWEST_LETTERS = 3


@step
def settle(
    findings: Iterable[Finding],
    overrides: Iterable[Mapping[str, Any]],
    *,
    order: MedicationOrder | None,
    actor: Actor,
    now: datetime,
    heeded: Iterable[str] = (),
) -> None:
    """Pass the warnings with their reasons, which are kept, or raise Refused with all that stands
    in the way. `heeded` are rules that had spoken and, after a change, speak no more."""
    findings = list(findings)
    reasons = {str(one.get("finding", "")): reason_in(one) for one in overrides}
    stops = [one for one in findings if one.severity == "stop"]
    warns = [one for one in findings if one.severity == "warn"]
    bare = [one for one in warns if not _complete(reasons.get(one.code))]
    if stops or bare:
        raise Refused(*stops, *bare)
    speaking = {one.code for one in findings}
    firings = [
        _firing(one, RuleFiring.Outcome.OVERRIDDEN, order, actor, now, reasons[one.code])
        for one in warns
    ] + [
        _firing(Finding(rule, "", "warn"), RuleFiring.Outcome.SHOWN, order, actor, now)
        for rule in dict.fromkeys(heeded)
        if rule not in speaking
    ]
    if firings:
        RuleFiring.objects.bulk_create(firings)


def reason_in(override: Mapping[str, Any]) -> tuple[str, str]:
    """(code, words) of an override; words without a code of the list are another reason."""
    said, words = str(override.get("reason", "")).strip(), str(override.get("text", "")).strip()
    code, colon, rest = said.partition(":")
    if said in REASONS:
        return said, words
    if colon and code.strip() in REASONS:
        return code.strip(), rest.strip() or words
    return "other", said or words


def _complete(reason: tuple[str, str] | None) -> bool:
    return reason is not None and len(reason[1]) >= FEWEST_LETTERS


def _firing(
    finding: Finding,
    outcome: str,
    order: MedicationOrder | None,
    actor: Actor,
    now: datetime,
    reason: tuple[str, str] = ("", ""),
) -> RuleFiring:
    return RuleFiring(
        rule=finding.code[:40],
        severity=finding.severity[:4],
        outcome=outcome,
        reason=reason[0][:40],
        reason_text=reason[1][:300],
        fingerprint=fingerprint(finding) if finding.text else "",
        order=order if order is not None and order.pk else None,
        actor=actor,
        at=now,
    )


@action("rule.note")
def note_refusal(
    *,
    actor: Actor,
    now: datetime,
    findings: Iterable[Finding],
    order: MedicationOrder | None = None,
) -> int:
    """Keep that rules stopped somebody, or were shown; how many. What a refusal rolled back is
    told here afterwards, by the door that heard it, so that stops count too."""
    outcomes = {"stop": RuleFiring.Outcome.STOPPED, "warn": RuleFiring.Outcome.SHOWN}
    firings = [
        _firing(one, outcomes[one.severity], order, actor, now)
        for one in dict.fromkeys(findings)
        if one.severity in outcomes
    ]
    RuleFiring.objects.bulk_create(firings)
    return len(firings)


def note_once(
    key: str | None,
    findings: Iterable[Finding],
    *,
    actor: Actor,
    now: datetime,
    order: MedicationOrder | None = None,
) -> None:
    """Keep what rules of the checks refused, once for each `key` of a request (None: each time)."""
    spoke = [one for one in findings if one.code in RULES]
    if not spoke or not actor.may("rule.note"):
        return
    keyed = None
    if key is not None:
        digest = hashlib.sha256(key.encode()).digest()
        keyed = Keyed(
            key=f"note {digest.hex()}",
            digest=digest,
            respond=lambda count: Answer(200, count),
            refuse=lambda refused: Answer(409, str(refused)),
        )
    note_refusal(actor=actor, now=now, findings=spoke, order=order, keyed=keyed)
