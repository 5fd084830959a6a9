"""Test your scanner: what it sends, sign by sign, what we understand, and what to set on it."""

import json

from django import forms
from django.conf import settings
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from hims import subjects
from hims.wire.codes import GS1_SYMBOLOGIES, LONGEST, SYMBOLOGY_NAMES, Code, typed
from hims.wire.codes.scanner import Arrival, advice, sent_for_separator, signs

from .page import page

MOST_SIGNS = 200
MOST_KEYS = 2000

ADVICE = {
    "nothing": gettext_lazy("Nothing arrived. Put the cursor into the field and scan."),
    "keyboard": gettext_lazy(
        "The scanner types for another keyboard: set its keyboard country to that of this computer."
    ),
    "capitals": gettext_lazy("Capitals are turned round: switch Caps Lock off and scan again."),
    "other_separator": gettext_lazy(
        "The scanner sends %(sent)s for the separator. Set it to send GS (ASCII 29) or F8, or ask "
        "your administrator to set HIMS_SCAN_SEPARATOR to what it sends."
    ),
    "no_separator": gettext_lazy(
        "The scanner leaves out the separator between fields (FNC1, GS, ASCII 29). Set it to send "
        "control characters, as Ctrl+] or F8, or one character such as ~ in its place."
    ),
    "wrong_code": gettext_lazy("The scanner works, but this code is not right: %(reason)s"),
    "no_enter": gettext_lazy("Set the scanner to end each scan with Enter (CR)."),
    "slow": gettext_lazy("The scanner types slowly: set the pause between keys to nothing."),
    "no_symbology": gettext_lazy(
        "It also helps to send the symbology identifier (AIM id) in front: then a number can never "
        "be taken for a GS1 code."
    ),
    "well_set": gettext_lazy("This scanner is set up well: nothing to change."),
    "readable": gettext_lazy("This was understood. Scan the test symbol to check the separators."),
}
TONES = {
    "well_set": "success",
    "readable": "success",
    "no_symbology": "",
    "slow": "warning",
    "no_enter": "warning",
}

FORMS = {
    "gs1": gettext_lazy("GS1"),
    "hibc": gettext_lazy("HIBC"),
    "ppn": gettext_lazy("German pack (IFA)"),
    "gtin": gettext_lazy("Article number"),
    "own": gettext_lazy("A code of this hospital"),
    "none": gettext_lazy("A text"),
}
SAID = [
    ("gtin", gettext_lazy("Article (GTIN)")),
    ("pzn", gettext_lazy("Article (PZN)")),
    ("hibc", gettext_lazy("Article (HIBC)")),
    ("lot", gettext_lazy("Lot")),
    ("expiry", gettext_lazy("Expires")),
    ("serial", gettext_lazy("Serial number")),
    ("produced", gettext_lazy("Made on")),
    ("best_before", gettext_lazy("Best before")),
    ("count", gettext_lazy("Count")),
    ("sscc", gettext_lazy("Delivery unit (SSCC)")),
    ("contained", gettext_lazy("Holds article")),
    ("gln", gettext_lazy("Location (GLN)")),
    ("extension", gettext_lazy("Place within it")),
    ("grai", gettext_lazy("Returnable item (GRAI)")),
    ("giai", gettext_lazy("Equipment (GIAI)")),
    ("gsrn", gettext_lazy("Person (GSRN)")),
]


class ArrivalForm(forms.Form):
    """What the page saw: the field's text, and the keys with the milliseconds between them."""

    code = forms.CharField(strip=False, required=False, max_length=LONGEST)
    keys = forms.CharField(required=False, max_length=100_000)

    def clean_keys(self) -> tuple[tuple[str, float], ...]:
        try:
            told = json.loads(self.cleaned_data["keys"] or "[]")
            return tuple((str(key)[:20], float(gap)) for key, gap in told[:MOST_KEYS])
        except (ValueError, TypeError, RecursionError, OverflowError, KeyError):
            return ()


@page("scanner.test")
@require_http_methods(["GET", "POST"])
def try_scanner(request):
    """The page; a POST, sent when a scan has arrived, answers with what became of it."""
    if request.method == "GET":
        return render(request, "hims/scanner.html")
    form = ArrivalForm(request.POST)
    form.is_valid()
    keys = form.cleaned_data.get("keys", ())
    arrival = Arrival(
        text=form.cleaned_data.get("code", ""),
        keys=tuple(key for key, _gap in keys),
        separator=settings.HIMS_SCAN_SEPARATOR,
        gaps_ms=tuple(gap for key, gap in keys[1:] if key != "Enter"),
    )
    shown = _shown(arrival, subjects.understood(arrival.text))
    status = 200 if arrival.text.strip() else 400
    template = "hims/scanner_arrived.html" if request.htmx else "hims/scanner.html"
    return render(request, template, shown, status=status)


def _shown(arrival: Arrival, code: Code) -> dict:
    told = advice(arrival, code)
    return {
        "arrived": True,
        "advice": [
            {"text": _sentence(one, arrival, code), "tone": TONES.get(one, "error")} for one in told
        ],
        "signs": signs(arrival.text)[:MOST_SIGNS],
        "more": max(0, len(arrival.text) - MOST_SIGNS),
        "keys": [key for key in arrival.keys if len(key) > 1],
        "symbology": _symbology(arrival.text),
        "form": FORMS[code.format],
        "written": code.written,
        "elements": code.elements,
        "said": [(label, value) for name, label in SAID if (value := getattr(code, name))],
        "findings": code.findings,
    }


def _sentence(word: str, arrival: Arrival, code: Code) -> str:
    sent = sent_for_separator(arrival) or ""
    named = ", ".join(sign.name or f"“{sign.shown}”" for sign in signs(sent))
    return str(ADVICE[word]) % {"sent": named, "reason": code.reason or ""}


def _symbology(text: str) -> str:
    scan = typed(text, separator=settings.HIMS_SCAN_SEPARATOR)
    if not scan.symbology:
        return _("not sent")
    name = SYMBOLOGY_NAMES.get(scan.symbology, _("a symbol that we have no name for"))
    kind = "GS1" if scan.symbology in GS1_SYMBOLOGIES else _("without GS1 fields")
    return f"]{scan.symbology}: {name}, {kind}"
