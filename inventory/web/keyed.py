"""Forms of stock pages: they act once however often they are pressed, and take amounts as people
speak of them."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from hims.errors import Finding, Invalid, Refused
from hims.web.form import fresh_key, once, refusals_in
from inventory.domain.quantities import NotAQuantity, base_units, in_units
from inventory.models import Product


class KeyedForm(forms.Form):
    """A form with the hidden key by which a second press is known."""

    key = forms.CharField(widget=forms.HiddenInput, required=False, initial=fresh_key)

    def acted(
        self, request, action: Callable, *, word: Callable[[Any], dict], **asked
    ) -> dict | None:
        """Run the action once with what was typed: what `word` says of it; None when a rule
        refused, whose findings then stand beside their fields, and the form may be sent again."""
        with refusals_in(self):
            kept, _repeated = once(request, action, word=word, **asked)
            return kept
        self.data = self.data.copy()
        self.data["key"] = fresh_key()
        return None


class Amount(forms.CharField):
    """An amount in a product's unit, which becomes base units; 0 is allowed where `none` is."""

    def __init__(self, *, product: Product | None = None, none: bool = False, **kwargs: Any):
        super().__init__(max_length=20, **kwargs)
        self.product, self.none = product, none
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off", "class": "amount"}

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text == "":
            return None
        try:
            return typed(text, self.product, none=self.none)
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from None

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int) and self.product:
            return in_units(value, self.product.base_per_unit)
        return value


class Why(forms.CharField):
    """The reason that the history keeps."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("label", gettext_lazy("Why"))
        super().__init__(max_length=300, **kwargs)


def typed(text: str, product: Product | None, *, none: bool = False, field: str = "") -> int:
    """The base units that somebody typed for a product, or Invalid naming the field."""
    try:
        return base_units(text, product.base_per_unit if product else 1, none=none)
    except NotAQuantity as error:
        raise Invalid(Finding("not_a_quantity", str(error), field=field)) from None
