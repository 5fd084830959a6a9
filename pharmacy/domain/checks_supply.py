"""Is it the right thing in the right amount? Product, lots, order and quantity."""

from datetime import timedelta

from hims.errors import Finding
from inventory.domain.fefo import unusable
from inventory.domain.quantities import said

from .facts import Drug, Facts
from .names import folded

EARLY = 0.25
"""The next supply may be given in the last quarter of the one before, with a reason."""

LONGEST_DAYS = 3650


def order_stands(facts: Facts) -> list[Finding]:
    """Nothing is given for an order that was stopped meanwhile."""
    order = facts.order
    if order.status != "active":
        words = {"on-hold": "on hold"}.get(order.status, order.status)
        return [Finding("order_not_active", f"The order is {words}.", field="order")]
    if order.ends_at is not None and order.ends_at <= facts.now:
        return [Finding("order_ended", "The order has ended.", field="order")]
    return []


def product(facts: Facts) -> list[Finding]:
    """The product in hand is the one ordered, or stands in for it by the formulary's rule."""
    drug, ordered = facts.drug, facts.order.product
    if drug is None:
        return []
    if ordered is None:
        return _of_the_substance(facts, drug)
    if drug.product == ordered.product:
        return []
    if drug.look_alike_group and drug.look_alike_group == ordered.look_alike_group:
        text = f"{drug.name} is not what was ordered, {ordered.name}. The names look alike."
        return [Finding("wrong_product", text, field="product")]
    group = ordered.substitution_group
    if not group or group != drug.substitution_group:
        text = f"{drug.name} is not what was ordered, {ordered.name}."
        return [Finding("wrong_product", text, field="product")]
    if not drug.on_formulary:
        text = f"{drug.name} is not on the formulary and may not stand in for {ordered.name}."
        return [Finding("wrong_product", text, field="product")]
    return [Finding("substitute", f"{drug.name} stands in for {ordered.name}.", "info", "product")]


def _of_the_substance(facts: Facts, drug: Drug) -> list[Finding]:
    wanted = facts.order.substance
    if wanted is None:
        return []
    held = {folded(one.name) for one in drug.substances}
    if held != {folded(wanted.name)}:
        text = f"{drug.name} is not what was ordered, {wanted.name}."
        return [Finding("wrong_product", text, field="product")]
    return []


def route(facts: Facts) -> list[Finding]:
    """A medicine is given by one of its own routes."""
    drug = facts.drug
    if drug is None or not drug.routes or not facts.order.route:
        return []
    if folded(facts.order.route) in {folded(one) for one in drug.routes}:
        return []
    text = (
        f"{drug.name} is given by {' or '.join(drug.routes)}; the order says {facts.order.route}."
    )
    return [Finding("wrong_route", text, "warn", "route")]


def lots(facts: Facts) -> list[Finding]:
    """Each lot is of the product in hand, released, in date, and lasts as long as the supply."""
    found = []
    for lot in facts.lots:
        name = f"Lot {lot.number or '-'}"
        if facts.drug is not None and lot.product != facts.drug.product:
            text = f"{name} is not of {facts.drug.name}."
            found.append(Finding("wrong_product", text, field="lot"))
        days = max(0, min(facts.order.supply_days, LONGEST_DAYS))
        why = unusable(lot.status, lot.expiry, facts.today, days)
        until = f" It was good until {lot.expiry:%Y-%m-%d}." if lot.expiry else ""
        if why == "expired":
            found.append(Finding("expired", f"{name} has expired.{until}", field="lot"))
        elif why == "recalled":
            found.append(Finding("recalled", f"{name} is recalled. Put it aside.", field="lot"))
        elif why == "quarantined":
            text = f"{name} is in quarantine until a pharmacist releases it."
            found.append(Finding("quarantined", text, field="lot"))
        elif why:
            text = (
                f"{name} expires on {lot.expiry:%Y-%m-%d}, before the supply of "
                f"{facts.order.supply_days} days ends."
            )
            found.append(Finding("expires_within_supply", text, "warn", "lot"))
    return found


def names(facts: Facts) -> list[Finding]:
    """Names that are taken for one another are to be read twice."""
    drug = facts.drug
    if drug is None or not drug.look_alike_group:
        return []
    others = [
        other.name
        for other in facts.current
        if other.look_alike_group == drug.look_alike_group and other.product != drug.product
    ]
    if others:
        text = (
            f"{drug.name} looks like {others[0]}, which the patient gets as well. Read both names."
        )
        return [Finding("look_alike", text, "warn", "product")]
    if facts.look_alikes:
        text = f"Read the name: {drug.name}, not {', '.join(facts.look_alikes[:3])}."
        return [Finding("look_alike", text, "info", "product")]
    return []


def second_person(drug: Drug | None) -> str:
    """Why a second person must check before it is handed over: controlled, high_alert or ""."""
    if drug is None:
        return ""
    return "controlled" if drug.controlled else "high_alert" if drug.high_alert else ""


def double_check(facts: Facts) -> list[Finding]:
    """High-alert and controlled medicines are checked by two people."""
    why = second_person(facts.drug)
    if not why or facts.drug is None:
        return []
    words = {"controlled": "a controlled drug", "high_alert": "a high-alert medicine"}[why]
    text = f"{facts.drug.name} is {words}: a second person checks it."
    return [Finding(why, text, "info", "product")]


def quantity(facts: Facts) -> list[Finding]:
    """No more than was ordered, and not before the last supply is used up.

    `quantity` of an order is for `supply_days`; each such period begun since the first supply
    brings another one.
    """
    wanted, ordered, drug = facts.quantity, facts.order.quantity, facts.drug
    if wanted is None or drug is None:
        return []
    if wanted <= 0:
        return [Finding("bad_quantity", "The quantity is not above zero.", field="quantity")]
    if ordered is None:
        return []
    per = drug.base_per_unit
    product = facts.order.product
    if product is not None and product.product != drug.product:
        if product.unit != drug.unit:
            return []  # counted otherwise; whoever supplies it says so
        ordered = ordered * per // product.base_per_unit
    given = facts.supply.given
    days = max(1, min(facts.order.supply_days, LONGEST_DAYS))
    begun, left = 1, timedelta(0)
    if facts.supply.first_at is not None and facts.supply.first_at <= facts.now:
        since = facts.now - facts.supply.first_at
        begun += since // timedelta(days=days)
        left = timedelta(days=days) * begun - since
    if given + wanted <= ordered * begun:
        return []
    had = f", and {said(given, drug.unit, per)} were given" if given else ""
    one_early = given and wanted <= ordered and given + wanted <= ordered * (begun + 1)
    if one_early and left <= timedelta(days=days) * EARLY:
        text = f"The last supply lasts until {facts.now + left:%Y-%m-%d}{had}: this is early."
        return [Finding("early", text, "warn", "quantity")]
    text = (
        f"{said(wanted, drug.unit, per)} are more than the order allows now: "
        f"{said(ordered, drug.unit, per)} for {days} days{had}."
    )
    return [Finding("more_than_ordered", text, field="quantity")]
