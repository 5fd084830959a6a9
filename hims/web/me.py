"""One's own page: name and roles, PIN and password, the phone in hand, what the trail says."""

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET

from hims.access.hidden import Hidden
from hims.actions.actors import change_own_password, set_own_pin
from hims.domain.pins import LONGEST
from hims.queries.audit import own_entries, questions_about

from .form import refusals_in, status_of
from .page import page

ENTRIES_SHOWN = 20


def _secret(label, help_text="", **attributes) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attributes),
    )


class PinForm(forms.Form):
    password = _secret(gettext_lazy("Your password"), autocomplete="current-password")
    pin = _secret(
        gettext_lazy("New PIN"),
        gettext_lazy("6 to 12 digits, not a date and not in a row."),
        autocomplete="off",
        inputmode="numeric",
        maxlength=LONGEST,
    )
    again = _secret(
        gettext_lazy("New PIN again"), autocomplete="off", inputmode="numeric", maxlength=LONGEST
    )

    def clean(self):
        shown = super().clean()
        if shown.get("pin") and shown.get("again") and shown["pin"] != shown["again"]:
            self.add_error("again", _("The two PINs are not the same."))
        return shown


class PasswordChangeForm(forms.Form):
    old = _secret(gettext_lazy("Your password until now"), autocomplete="current-password")
    password = _secret(
        gettext_lazy("New password"),
        gettext_lazy("At least 12 signs. Four words that are not a saying do well."),
        autocomplete="new-password",
    )
    again = _secret(gettext_lazy("New password again"), autocomplete="new-password")

    def clean(self):
        shown = super().clean()
        if shown.get("password") and shown.get("again") and shown["password"] != shown["again"]:
            self.add_error("again", _("The two passwords are not the same."))
        return shown


@page("self.view")
@require_GET
def me(request):
    """The page about oneself."""
    now = timezone.now()
    context = {
        "now": now,
        "entries": own_entries(request.user, ENTRIES_SHOWN),
        "questions": questions_about(request.user, ENTRIES_SHOWN),
        "may_enrol": request.user.may("phone.enrol"),
        "may_settings": request.user.may("settings.view"),
    }
    if request.phone:
        context["phone_zone"] = request.phone.device.zone
    return render(request, "hims/me.html", context)


@sensitive_post_parameters()
@page("self.set_pin")
def pin(request):
    """Set one's own PIN."""
    form = PinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            set_own_pin(
                actor=request.user,
                now=timezone.now(),
                password=Hidden(form.cleaned_data["password"]),
                pin=Hidden(form.cleaned_data["pin"]),
            )
            messages.success(request, _("Your PIN is set."))
            return redirect("me")
    context = {"form": form, "title": _("Your PIN"), "submit": _("Set this PIN")}
    return render(request, "hims/me_form.html", context, status=status_of(form))


@sensitive_post_parameters()
@page("self.change_password")
def password(request):
    """Change one's own password; the session in hand stays, others end."""
    form = PasswordChangeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            person = change_own_password(
                actor=request.user,
                now=timezone.now(),
                old=Hidden(form.cleaned_data["old"]),
                password=Hidden(form.cleaned_data["password"]),
            )
            update_session_auth_hash(request, person)
            messages.success(request, _("Your password is changed."))
            return redirect("me")
    context = {"form": form, "title": _("Your password"), "submit": _("Change my password")}
    return render(request, "hims/me_form.html", context, status=status_of(form))
