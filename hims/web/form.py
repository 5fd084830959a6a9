"""Forms of pages: what a rule refuses comes back beside its field, with what was typed kept."""

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms

from hims.errors import Refused


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
