"""The rules' scores: which are heeded, and which are only clicked away."""

from datetime import timedelta

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from hims.web.page import page
from pharmacy.actions.firings import REASONS
from pharmacy.queries.scores import FEWEST, scores

PERIODS = {"7": _("7 days"), "30": _("30 days"), "365": _("a year")}

RULE_WORDS = {
    "allergies_unknown": _("Nobody asked about allergies"),
    "allergy": _("Allergy"),
    "allergy_related": _("Allergy to a relative"),
    "allergy_text": _("Allergy in words"),
    "bad_quantity": _("Impossible quantity"),
    "dose_above_absolute": _("More than is ever given"),
    "dose_daily": _("More than the most for a day"),
    "dose_impossible": _("Impossible dose"),
    "dose_ten_times": _("Ten times too much"),
    "dose_tenth": _("A tenth of the least"),
    "dose_too_large": _("More than the most for one dose"),
    "dose_too_small": _("Less than the least dose"),
    "dose_unit": _("Dose cannot be worked out"),
    "duplicate_class": _("Two of one class"),
    "duplicate_ingredient": _("The same substance twice"),
    "early": _("Given early"),
    "expired": _("Expired lot"),
    "expires_within_supply": _("Expires within the supply"),
    "interaction": _("Interaction"),
    "look_alike": _("Look-alike also given"),
    "more_than_ordered": _("More than ordered"),
    "not_described": _("Not described in the formulary"),
    "order_ended": _("Order has ended"),
    "order_not_active": _("Order does not stand"),
    "quarantined": _("Lot in quarantine"),
    "recalled": _("Recalled lot"),
    "weight_missing": _("Weight missing"),
    "weight_stale": _("Weight too old"),
    "wrong_product": _("Wrong product"),
    "wrong_route": _("Wrong route"),
}
"""What each rule is called on the page."""


@page("rule_scores.view")
@require_GET
def rule_scores(request):
    """Each rule that spoke in the period."""
    days = request.GET.get("days", "30")
    days = days if days in PERIODS else "30"
    now = timezone.now()
    found = scores(request.user, since=now - timedelta(days=int(days)), until=now)
    rows = [
        {
            "score": score,
            "name": RULE_WORDS.get(score.rule, score.rule),
            "percent": None if score.share is None else round(score.share * 100),
            "reasons": [(REASONS.get(code, code), count) for code, count in score.reasons],
        }
        for score in found
    ]
    context = {"rows": rows, "periods": PERIODS, "days": days, "fewest": FEWEST, "now": now}
    return render(request, "pharmacy/scores.html", context)
