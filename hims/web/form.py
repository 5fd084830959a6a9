"""Forms of pages: what a rule refuses comes back beside its field, with what was typed kept."""

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms

from hims.errors import Refused
from hims.models import Zone


class PlaceChoice(forms.ModelChoiceField):
    """A choice of zones or floors that says where each is: two floors may share a name."""

    def label_from_instance(self, place) -> str:
        within = place.floor if isinstance(place, Zone) else place.building
        return f"{place.name}, {within.name}"


@contextmanager
def refusals_in(form: forms.Form) -> Iterator[None]:
    """Run an action inside; its findings become errors of `form`, and the block just ends."""
    try:
        yield
    except Refused as refused:
        for finding in refused.findings:
            field = finding.field if finding.field in form.fields else None
            form.add_error(field, finding.text)


def status_of(form: forms.Form) -> int:
    """The HTTP status of a page that shows `form`: 400 when it shows errors."""
    return 400 if form.is_bound and form.errors else 200
