"""What must be known of a patient before anything is given: allergies and weight."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, Invalid, Refused
from hims.models import Actor, Patient
from hims.wire.hl7v2 import AllergySaid
from pharmacy.domain.doses import read
from pharmacy.models import Allergy, AllergyStatement, Ingredient, Weight

HEAVIEST_KG = Decimal(700)
CLOCKS_DIFFER = timedelta(minutes=5)
RXNORM = {"RXN", "RXNORM", "RXCUI"}
SEVERITIES = {"SV": "severe", "MO": "moderate", "MI": "mild"}  # HL7 table 0128


@action("allergy.change")
def record_allergy(
    *,
    actor: Actor,
    now: datetime,
    patient: Patient,
    ingredient: Ingredient | None = None,
    allergy_class: str = "",
    text: str = "",
    reaction: str = "",
    severity: str = Allergy.Severity.UNKNOWN,
    reason: str = "",
) -> Allergy:
    """Record an allergy to an ingredient, to a class of them, or in words.

    Raises Invalid when it is to nothing, Refused when the same is recorded already.
    """
    allergy_class, text = allergy_class.strip(), text.strip()
    if ingredient is None and not allergy_class and not text:
        said = _("Say what the patient is allergic to.")
        raise Invalid(Finding("to_nothing", said, field="ingredient"))
    if severity not in Allergy.Severity.values:
        raise Invalid(Finding("bad_severity", _("This is not known."), field="severity"))
    same = Allergy.objects.filter(
        patient=patient,
        status=Allergy.Status.ACTIVE,
        ingredient=ingredient,
        allergy_class__iexact=allergy_class,
        text__iexact=text,
    )
    if same.exists():
        raise Refused(Finding("known", _("This allergy is recorded already."), field="ingredient"))
    allergy = Allergy(
        patient=patient,
        ingredient=ingredient,
        allergy_class=allergy_class,
        text=text,
        reaction=reaction.strip(),
        severity=severity,
        recorded_at=now,
    )
    allergy.save()
    touches(allergy, patient)
    _stated(patient, False, actor, now)
    return allergy


@step
def take_told_allergies(
    *, patient: Patient, said: Sequence[AllergySaid], actor: Actor, now: datetime
) -> list[str]:
    """Keep what another system tells of allergies, and say in words what was done.

    One that is known gets the severity and reaction that are told; one that is told to be deleted
    is refuted, and its record stays. Nothing here says that no others are known.
    """
    done = []
    for one in said:
        substance = _substance(one)
        known = Allergy.objects.filter(
            patient=patient, status=Allergy.Status.ACTIVE, **_same_as(substance)
        ).first()
        if one.action == "D":
            if known:
                known.status = Allergy.Status.REFUTED
                known.save()
                done.append(_("allergy refuted"))
            continue
        allergy = known or Allergy(patient=patient, recorded_at=now, **substance)
        facts = {
            "severity": SEVERITIES.get(one.severity.upper(), ""),
            "reaction": ", ".join(one.reactions)[:200],
        }
        differing = {
            name: value
            for name, value in facts.items()
            if value and getattr(allergy, name) != value
        }
        if known is None or differing:
            for name, value in differing.items():
                setattr(allergy, name, value)
            allergy.save()
            touches(allergy)
            done.append(_("allergy kept"))
            _stated(patient, False, actor, now)
    return done


@action("allergy.change")
def refute_allergy(*, actor: Actor, now: datetime, allergy: Allergy, reason: str = "") -> Allergy:
    """It was none: the record stays, with why. Raises Refused without a reason, or when it was
    refuted before."""
    allergy = Allergy.objects.select_for_update().get(pk=allergy.pk)
    if not reason.strip():
        raise Invalid(Finding("no_reason", _("Say why it is none."), field="reason"))
    if allergy.status == Allergy.Status.REFUTED:
        raise Refused(Finding("refuted", _("It was refuted already."), field="allergy"))
    allergy.status = Allergy.Status.REFUTED
    allergy.save()
    touches(allergy, allergy.patient)
    return allergy


@action("allergy.change")
def state_none_known(*, actor: Actor, now: datetime, patient: Patient) -> AllergyStatement:
    """The patient was asked, and no allergy is known. Refused while one is recorded."""
    if Allergy.objects.filter(patient=patient, status=Allergy.Status.ACTIVE).exists():
        said = _("An allergy is recorded. Refute it first, if it is none.")
        raise Refused(Finding("some_known", said, field="none_known"))
    touches(patient)
    return _stated(patient, True, actor, now)


@action("weight.record")
def record_weight(
    *,
    actor: Actor,
    now: datetime,
    patient: Patient,
    kg: Decimal | str,
    measured_at: datetime | None = None,
) -> Weight:
    """Record a weight in kilograms; raises Invalid for what no person weighs or no past holds."""
    value = read(kg)
    if value is None or value >= HEAVIEST_KG or round(value, 3) <= 0:
        said = _("A weight in kilograms is above zero and below %(most)s.") % {"most": HEAVIEST_KG}
        raise Invalid(Finding("bad_weight", said, field="kg"))
    measured_at = measured_at or now
    if measured_at > now + CLOCKS_DIFFER:
        said = _("A weight cannot be measured in the future.")
        raise Invalid(Finding("in_the_future", said, field="measured_at"))
    weight = Weight.objects.create(
        patient=patient, kg=round(value, 3), measured_at=min(measured_at, now), actor=actor
    )
    touches(weight, patient)
    return weight


@step
def _stated(patient: Patient, none_known: bool, actor: Actor, now: datetime) -> AllergyStatement:
    """Keep that somebody asked, and what they were told."""
    statement = AllergyStatement.objects.filter(patient=patient).first()
    if statement is None:
        statement = AllergyStatement(patient=patient)
    statement.none_known, statement.actor, statement.at = none_known, actor, now
    statement.save()
    return statement


def _substance(said: AllergySaid) -> dict:
    """What a told substance is here: an ingredient by its RxNorm code or name, a class of them, or
    words only."""
    code, words = said.substance.code, said.substance.words.strip()[:200]
    found = None
    if said.substance.system.upper() in RXNORM and code:
        found = Ingredient.objects.filter(rxnorm=code).first()
    found = found or Ingredient.objects.filter(name__iexact=words).first()
    if found:
        return {"ingredient": found}
    plural = words.lower().rstrip("s") + "s"
    if Ingredient.objects.filter(classes__contains=[plural]).exists():
        return {"allergy_class": plural}
    return {"text": words}


def _same_as(substance: dict) -> dict:
    return {
        name if name == "ingredient" else f"{name}__iexact": value
        for name, value in substance.items()
    }
