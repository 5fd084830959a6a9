"""The checks of an order and of what is given for it: findings from facts, nothing else.

Each finding is named after its rule. Severities: stop (nobody passes it; change the order, the
lot or the record), warn (passed with a reason, which is kept), info (to be read). Stops cannot be
switched off here.

| rule | says | severity |
|---|---|---|
| order_not_active, order_ended | the order was held, stopped or has ended | stop |
| wrong_product | not ordered, no substitute of the formulary; a lot of another product | stop |
| expired, recalled, quarantined | the lot may not be given | stop |
| expires_within_supply | the lot does not last as long as the supply | warn |
| allergy | to the ingredient; to its class, if severe | stop |
| allergy | to its class, if not severe | warn |
| allergy_related | to another of the same class | warn |
| allergy_text | in words that speak of it | warn |
| allergies_unknown | nobody has asked | warn |
| not_described | nothing says what is in it | warn |
| interaction | as the list says | stop or warn |
| duplicate_ingredient, duplicate_class | gets it, or one like it, already | warn |
| dose_impossible | not a number above zero | stop |
| dose_unit | the dose cannot be worked out in the product | warn |
| dose_too_large, dose_daily, dose_too_small, dose_tenth | outside the hospital's limits | warn |
| dose_above_absolute, dose_ten_times | far outside | stop |
| weight_missing, weight_stale | dosed by weight | warn |
| wrong_route | not one of the medicine's routes | warn |
| look_alike | the patient gets its look-alike as well | warn |
| more_than_ordered, bad_quantity | quantity against the order | stop |
| early | the last supply is not used up | warn |
| look_alike, controlled, high_alert, substitute, not_checked | to be read | info |
"""

import hashlib
from dataclasses import replace

from hims.errors import Finding

from . import checks_dose, checks_patient, checks_supply
from .facts import Facts

RULES = {
    *("order_not_active", "order_ended", "wrong_product", "wrong_route"),
    *("expired", "recalled", "quarantined", "expires_within_supply"),
    *("allergy", "allergy_related", "allergy_text", "allergies_unknown", "not_described"),
    *("interaction", "duplicate_ingredient", "duplicate_class", "look_alike"),
    *("dose_impossible", "dose_unit", "dose_too_large", "dose_daily", "dose_too_small"),
    *("dose_tenth", "dose_above_absolute", "dose_ten_times", "weight_missing", "weight_stale"),
    *("more_than_ordered", "bad_quantity", "early"),
}
"""The rules that stop or warn, each with a score."""

_ORDER_OF_SEVERITY = {"stop": 0, "warn": 1, "info": 2}


def at_ordering(facts: Facts) -> list[Finding]:
    """What is to be said when a medicine is prescribed; stops first. What was passed with a
    reason for this very order before is only told."""
    return _sorted(less_what_was_passed(_of_the_prescription(facts), facts.passed))


def at_dispensing(facts: Facts) -> list[Finding]:
    """What is to be said when lots of a product are given for an order; stops first, as
    in `at_ordering`."""
    found = (
        checks_supply.order_stands(facts)
        + checks_supply.product(facts)
        + checks_supply.lots(facts)
        + checks_supply.quantity(facts)
        + _of_the_prescription(facts)
    )
    return _sorted(less_what_was_passed(found, facts.passed))


def _of_the_prescription(facts: Facts) -> list[Finding]:
    return (
        checks_patient.allergies(facts)
        + checks_patient.interactions(facts)
        + checks_patient.duplicates(facts)
        + checks_dose.dose(facts)
        + checks_supply.route(facts)
        + checks_supply.names(facts)
        + checks_supply.double_check(facts)
    )


def fingerprint(finding: Finding) -> str:
    """What a reason was given for: 16 hexadecimal digits of the rule and what it said."""
    return hashlib.sha256(f"{finding.code}\n{finding.text}".encode()).hexdigest()[:16]


def less_what_was_passed(findings: list[Finding], passed: frozenset[str]) -> list[Finding]:
    """A warn that somebody passed with a reason for this very order is not asked again."""
    return [
        replace(one, severity="info", text=f"{one.text} It was passed with a reason.")
        if one.severity == "warn" and fingerprint(one) in passed
        else one
        for one in findings
    ]


def needs_passing(findings: list[Finding]) -> list[Finding]:
    """Those that stop, or that need a reason."""
    return [finding for finding in findings if finding.severity in {"stop", "warn"}]


def _sorted(findings: list[Finding]) -> list[Finding]:
    return sorted(dict.fromkeys(findings), key=lambda one: _ORDER_OF_SEVERITY.get(one.severity, 3))
