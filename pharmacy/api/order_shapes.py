"""Orders as JSON: what programs send and what they get."""

from rest_framework import serializers

from inventory.domain.quantities import MOST
from pharmacy.domain.prescribing import LONGEST_SUPPLY
from pharmacy.models import Allergy, MedicationOrder


class Override(serializers.Serializer):
    """Why a warning is passed."""

    finding = serializers.CharField(max_length=80)
    reason = serializers.CharField(max_length=400)
    text = serializers.CharField(max_length=300, required=False, allow_blank=True)


class Prescription(serializers.Serializer):
    """What of an order can be changed."""

    dose = serializers.CharField(max_length=40)
    unit = serializers.CharField(max_length=20)
    route = serializers.CharField(max_length=30)
    timing = serializers.CharField(max_length=120)
    times_per_day = serializers.CharField(max_length=20, required=False, allow_null=True)
    as_needed = serializers.BooleanField(required=False)
    indication = serializers.CharField(max_length=200, required=False, allow_blank=True)
    quantity = serializers.IntegerField(
        min_value=1, max_value=MOST, required=False, allow_null=True, help_text="Base units."
    )
    supply_days = serializers.IntegerField(min_value=1, max_value=LONGEST_SUPPLY, required=False)
    priority = serializers.ChoiceField(MedicationOrder.Priority.values, required=False)
    promised_at = serializers.DateTimeField(required=False, allow_null=True)
    prescriber = serializers.CharField(max_length=160, required=False)
    start = serializers.DateTimeField(required=False)
    end = serializers.DateTimeField(required=False, allow_null=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    overrides = Override(many=True, required=False)


class OrderBody(Prescription):
    """A new order: of a product or of an ingredient."""

    patient = serializers.CharField(
        max_length=120, help_text="Id, wristband code or whole record number."
    )
    product = serializers.CharField(max_length=120, required=False, help_text="Id or code.")
    ingredient = serializers.CharField(max_length=120, required=False, help_text="Id or name.")
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=40, required=False, allow_blank=True
    )
    source_number = serializers.CharField(max_length=80, required=False, allow_blank=True)


class OrderChange(Prescription):
    """A change of an order; or a new status, alone."""

    dose = serializers.CharField(max_length=40, required=False)
    unit = serializers.CharField(max_length=20, required=False)
    route = serializers.CharField(max_length=30, required=False)
    timing = serializers.CharField(max_length=120, required=False)
    status = serializers.ChoiceField(MedicationOrder.Status.values, required=False)
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class Named(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class OrderShape(serializers.Serializer):
    id = serializers.UUIDField()
    patient = serializers.DictField()
    product = Named(allow_null=True)
    ingredient = Named(allow_null=True)
    dose = serializers.CharField()
    unit = serializers.CharField()
    route = serializers.CharField()
    timing = serializers.CharField()
    times_per_day = serializers.CharField(allow_null=True)
    as_needed = serializers.BooleanField()
    indication = serializers.CharField()
    quantity = serializers.IntegerField(allow_null=True)
    supply_days = serializers.IntegerField()
    priority = serializers.CharField()
    prescriber = Named(allow_null=True)
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(allow_null=True)
    status = serializers.CharField()
    note = serializers.CharField()
    emergency = serializers.BooleanField()
    source = serializers.CharField()  # type: ignore[assignment]
    source_number = serializers.CharField()
    entered_at = serializers.DateTimeField()
    dispenses = serializers.ListField(child=serializers.DictField())


class OrderWithFindings(OrderShape):
    findings = serializers.ListField(child=serializers.DictField())


class OrderPage(serializers.Serializer):
    results = OrderShape(many=True)
    next = serializers.URLField(allow_null=True)


class AllergyBody(serializers.Serializer):
    """An allergy to an ingredient, to a class, or in words; or that none is known."""

    patient = serializers.CharField(max_length=120)
    ingredient = serializers.CharField(max_length=120, required=False)
    allergy_class = serializers.CharField(max_length=80, required=False, allow_blank=True)
    text = serializers.CharField(max_length=200, required=False, allow_blank=True)
    reaction = serializers.CharField(max_length=200, required=False, allow_blank=True)
    severity = serializers.ChoiceField(Allergy.Severity.values, required=False)
    none_known = serializers.BooleanField(required=False)


class AllergyChange(serializers.Serializer):
    status = serializers.ChoiceField([Allergy.Status.REFUTED.value])
    reason = serializers.CharField(max_length=500)


class AllergyShape(serializers.Serializer):
    id = serializers.UUIDField(allow_null=True)
    patient = serializers.UUIDField()
    ingredient = Named(allow_null=True)
    allergy_class = serializers.CharField()
    text = serializers.CharField()
    reaction = serializers.CharField()
    severity = serializers.CharField()
    status = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class AllergyPage(serializers.Serializer):
    results = AllergyShape(many=True)
    next = serializers.URLField(allow_null=True)


class WeightBody(serializers.Serializer):
    patient = serializers.CharField(max_length=120)
    kg = serializers.CharField(max_length=20)
    measured_at = serializers.DateTimeField(required=False)


class WeightShape(serializers.Serializer):
    id = serializers.UUIDField()
    patient = serializers.UUIDField()
    kg = serializers.CharField()
    measured_at = serializers.DateTimeField()


class WeightPage(serializers.Serializer):
    results = WeightShape(many=True)
    next = serializers.URLField(allow_null=True)
