"""Signing a report: what it means, and once more who it is."""

from django import forms
from django.contrib import messages
from django.contrib.auth import authenticate
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from hims.actions.reports import signing
from hims.models import ReportSignature
from hims.queries.editions import Kept, edition_of
from hims.reporting import wording

from .door import locked_out
from .form import fresh_key, once, refusals_in, status_of
from .page import page
from .report_parts import role_name, said_line

MEANINGS = {
    ReportSignature.Meaning.REVIEWED: gettext_lazy("I have reviewed it"),
    ReportSignature.Meaning.APPROVED: gettext_lazy("I approve it"),
    ReportSignature.Meaning.RESPONSIBLE: gettext_lazy("I take responsibility for it"),
}


class SignForm(forms.Form):
    meaning = forms.ChoiceField(
        label=gettext_lazy("What does your signature mean?"),
        choices=[("", gettext_lazy("choose")), *MEANINGS.items()],
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=signing.LONGEST_NOTE,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, *args, by_pin: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if by_pin:
            self.fields["password"].label = _("Your PIN")
            self.fields["password"].widget.attrs.update(
                {"inputmode": "numeric", "autocomplete": "off"}
            )


@sensitive_post_parameters("password")
@page("report.sign")
@require_http_methods(["GET", "POST"])
def sign(request, uid):
    """What is signed stands above the form; the password or the PIN is asked for again."""
    edition = edition_of(request.user, uid)
    hindrance = signing.hindrance(request.user, edition)
    if hindrance:
        messages.error(request, hindrance.text)
        return redirect("edition", uid=uid)
    by_pin = bool(request.phone and request.user.badge and request.user.pin)
    form = SignForm(request.POST or None, by_pin=by_pin)
    if form.is_valid():
        if _is_the_same(request, form.cleaned_data["password"], by_pin=by_pin):
            with refusals_in(form):
                once(
                    request,
                    signing.sign,
                    word=lambda one: {"id": str(one.uid)},
                    edition=edition,
                    meaning=form.cleaned_data["meaning"],
                    note=form.cleaned_data["note"],
                )
                messages.success(request, _("Signed. The PDF is kept as it is now."))
                return redirect("edition", uid=uid)
        elif getattr(request, "axes_locked_out", False):
            return locked_out(request)
        else:
            form.add_error("password", _("This is not right. Try again."))
    kept = Kept(edition)
    context = {
        "edition": edition,
        "report": kept.report,
        "period_text": wording.period_text(edition),
        "rows_text": wording.rows_text(edition.row_count),
        "as_of": wording.moment_text(edition.data_as_of),
        "lines": [said_line(kept, line) for line in kept.lines],
        "signatures": [(one, role_name(one.role)) for one in kept.signatures],
        "form": form,
        "key": fresh_key(),
        "now": timezone.now(),
    }
    return render(request, "hims/report_sign.html", context, status=status_of(form))


def _is_the_same(request, secret: str, *, by_pin: bool) -> bool:
    """Whether who is signed in knows the secret of the account."""
    user = request.user
    shown = (
        {"badge": user.badge, "pin": secret}
        if by_pin
        else {"username": user.username, "password": secret}
    )
    return authenticate(request, **shown) == user
