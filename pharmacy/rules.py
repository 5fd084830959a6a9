"""Who may read what of the third floor.

What names a patient needs a care relationship: `hims.access.relations` says whose patients a
viewer may know of, and this floor hands down its own part, the patients the pharmacy works for.
"""

from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hims.access.relations import related_patients, relation
from hims.access.scopes import holding, register
from hims.inbox_parts import register_part
from hims.live import register_kind
from hims.web.page import Place, register_place
from hims.web.panels import Panel, register_panel
from hims.web.sections import Section, register_section

from . import alert_rules, models, verifiers  # noqa: F401  (they register themselves)
from .actions.allergies import take_told_allergies

REFERENCE = (
    *(models.Ingredient, models.Medicine, models.Strength),
    *(models.DoseLimit, models.Interaction, models.KnowledgeSource),
)


@relation("patients the pharmacy works for")
def _pharmacy_works_for(viewer):
    if not viewer.may("pharmacy.view"):
        return None
    since = timezone.now() - models.orders.AFTERWARDS
    open_or_fresh = Q(status__in=["active", "on-hold"]) | Q(entered_at__gt=since)
    orders = models.MedicationOrder.objects.filter(open_or_fresh | Q(ends_at__gt=since))
    return orders.values("patient_id")


@relation("patients one prescribes for")
def _prescribed_for(viewer):
    if not viewer.may("order.enter"):
        return None
    orders = models.MedicationOrder.objects.filter(
        prescriber=viewer, status__in=["active", "on-hold"]
    )
    return orders.values("patient_id")


@relation("patients whose emergency supply waits for a prescriber")
def _to_regularise(viewer):
    if not viewer.may("order.enter"):
        return None
    orders = models.MedicationOrder.objects.filter(emergency=True, prescriber=None)
    return orders.exclude(status="cancelled").values("patient_id")


@relation("patients who were given a lot that is recalled")
def _given_recalled(viewer):
    if not viewer.may("recall.open"):
        return None
    lines = models.DispenseLine.objects.filter(lot__recalls__recall__status="open")
    return lines.values("dispense__order__patient_id")


def _of_related_patients(permission: str, path: str):
    """Rows that lead by `path` to a patient the viewer has a care relationship with."""

    def rule(viewer, queryset):
        if not viewer.may(permission):
            return queryset.none()
        return queryset.filter(**{f"{path}__in": related_patients(viewer)})

    return rule


model: type[Model]
for model in REFERENCE:
    register(model, holding("orders.view"))
register(models.RuleFiring, holding("rule_scores.view"))
for model in (models.MedicationOrder, models.Allergy, models.AllergyStatement, models.Weight):
    register(model, _of_related_patients("orders.view", "patient"))
register(models.Dispense, _of_related_patients("orders.view", "order__patient"))
for model in (models.DispenseLine, models.BasketItem, models.Clarification):
    register(model, _of_related_patients("orders.view", "dispense__order__patient"))

register_place(Place(30, "counter", _("Pharmacy"), "pill", "pharmacy.view"))
register_place(Place(31, "orders", _("Orders"), "list", "orders.view"))
register_section(
    Section(
        50,
        "formulary",
        _("Formulary"),
        _("What the products are as medicines, dose limits, and lists of interactions."),
        "orders.view",
    )
)
register_section(
    Section(
        52,
        "rule-scores",
        _("Rule scores"),
        _("How often each check spoke, and how often it was passed and why."),
        "rule_scores.view",
    )
)
register_panel(Panel(10, "patient-medicines", "orders.view"))
register_panel(Panel(10, "lot-given", "orders.view", on="lot"))
register_panel(Panel(10, "recall-given", "orders.view", on="recall"))
register_place(Place(33, "questions", _("Questions"), "people", "dispensing.answer"))
register_place(Place(32, "hand-over", _("Hand over"), "check", "dispensing.hand_over"))

# Rows of this kind name a supply and how it stands, no patient.
register_kind("dispense", lambda viewer, event: event if viewer.may("orders.view") else None)

# Messages of other systems tell of allergies; they are kept on this floor.
register_part("allergies", take_told_allergies)
