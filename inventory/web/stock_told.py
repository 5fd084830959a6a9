"""What a working page says when the job is done."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.actions.stock.moving import Done
from inventory.domain.quantities import said
from inventory.models import Product

from .stock_jobs import Job


def told(job: Job, done: Done) -> dict[str, Any]:
    """What is kept of what was done, and said; a second press of the same form says the same."""
    lots = len(done.counts) or len({line.lot for line in done.posted.lines})
    words = ngettext("%(n)d lot", "%(n)d lots", lots) % {"n": lots}
    text = {
        "receive": _("%(lots)s received at %(place)s."),
        "transfer": _("%(lots)s moved to %(place)s."),
        "count": _("%(lots)s counted at %(place)s."),
        "found": _("%(lots)s entered at %(place)s."),
        "waste": _("%(lots)s wasted at %(place)s."),
        "return": _("%(lots)s to be looked at by a pharmacist, at %(place)s."),
        "quarantine": _("%(lots)s to be looked at by a pharmacist, at %(place)s."),
        "release": _("%(lots)s released to %(place)s."),
    }[job.name]
    return {
        "movement": str(done.posted.uid) if done.posted else "",
        "said": text % {"lots": words, "place": done.place.name},
        "differences": _differences(done) if job.counts else [],
        "agreed": job.counts and not done.posted,
    }


def _differences(done: Done) -> list[str]:
    """What a count found, in words."""
    lines = []
    products = Product.objects.in_bulk({count.lot.product_id for count in done.counts})
    for count in done.counts:
        off = count.counted - count.seen_quantity
        if off:
            product = products[count.lot.product_id]
            amount = said(abs(off), product.unit, product.base_per_unit)
            text = (
                _("%(name)s, lot %(lot)s: %(n)s more")
                if off > 0
                else _("%(name)s, lot %(lot)s: %(n)s less")
            )
            words = {"name": product.shown_name, "lot": count.lot.number or "-", "n": amount}
            lines.append(text % words)
    return lines
