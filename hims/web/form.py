"""Forms of pages: what a rule refuses comes back beside its field, with what was typed kept."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.utils import timezone

from hims.action import Answer, Keyed
from hims.errors import Finding, KeyReused, Refused
from hims.models import Zone

LONGEST_KEY = 80


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


def fresh_key() -> str:
    """A key for a form that is about to be shown; it goes into a hidden field named `key`."""
    return secrets.token_urlsafe(18)


def once(
    request, action: Callable, *, word: Callable[[Any], dict], now=None, **asked
) -> tuple[dict, bool]:
    """Run an action for whoever presses, once per form: a second press of the same form gets what
    the first one came to, and does nothing.

    The form's hidden field `key` (see fresh_key) tells one press from the next. word: what of the
    result is kept, as plain JSON. Returns (that, whether it was a repeat). Raises Refused as the
    action does, a repeat too; a form without a key is refused.
    """
    key = request.POST.get("key", "")
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Refused(Finding("no_key", "This page is out of date. Reload it and try again."))
    pressed = sorted((name, request.POST.getlist(name)) for name in request.POST)
    pressed = [pair for pair in pressed if pair[0] not in {"csrfmiddlewaretoken"}]
    digest = hashlib.sha256(f"{request.path}\n{json.dumps(pressed)}".encode()).digest()
    try:
        answer = action(
            actor=request.user,
            now=now or timezone.now(),
            keyed=Keyed(
                key=f"form {key}",
                digest=digest,
                respond=lambda result: Answer(200, word(result)),
                refuse=lambda refused: Answer(
                    409,
                    {
                        "findings": [finding.as_dict() for finding in refused.findings],
                        "alternatives": refused.alternatives,
                    },
                ),
            ),
            **asked,
        )
    except KeyReused:
        text = "This page was sent before with something else in it. Reload it and try again."
        raise Refused(Finding("sent_before", text)) from None
    if answer.status != 200:
        raise Refused(
            *(Finding(**finding) for finding in answer.body["findings"]),
            alternatives=answer.body["alternatives"],
        )
    return answer.body, answer.repeated
