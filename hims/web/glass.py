"""Opening a record in need: the page, the banner while it is open, and the review."""

from django import forms
from django.contrib import messages
from django.contrib.auth import authenticate
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hims.access.scopes import the_one
from hims.actions import glass as actions
from hims.errors import Refused
from hims.models import BreakGlass
from hims.queries import glass

from .door import locked_out
from .form import fresh_key, once, refusals_in, status_of
from .page import page
from .registering import the_found


class BreakForm(forms.Form):
    why = forms.ChoiceField(
        label=gettext_lazy("Why?"),
        choices=[("", gettext_lazy("choose")), *BreakGlass.Reason.choices],
    )
    text = forms.CharField(
        label=gettext_lazy("In your words"),
        max_length=500,
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
@page("glass.break")
@require_http_methods(["GET", "POST"])
def break_glass(request, uid):
    """Who needs a record says why, and once more who they are."""
    patient = the_found(request, uid)
    by_pin = bool(request.phone and request.user.badge and request.user.pin)
    form = BreakForm(request.POST or None, by_pin=by_pin)
    if form.is_valid():
        secret = form.cleaned_data["password"]
        shown = (
            {"badge": request.user.badge, "pin": secret}
            if by_pin
            else {"username": request.user.username, "password": secret}
        )
        if authenticate(request, **shown) == request.user:
            with refusals_in(form):
                once(
                    request,
                    actions.break_glass,
                    word=lambda broken: {"id": str(broken.uid)},
                    patient=patient,
                    why=form.cleaned_data["why"],
                    text=form.cleaned_data["text"],
                )
                return redirect("patient", uid=uid)
        elif getattr(request, "axes_locked_out", False):
            return locked_out(request)
        else:
            form.add_error("password", _("This is not right. Try again."))
    context = {
        "patient": patient,
        "form": form,
        "minutes": int(actions.LASTS.total_seconds() // 60),
        "key": fresh_key(),
    }
    return render(request, "hims/glass_break.html", context, status=status_of(form))


@page("glass.end")
@require_POST
def end(request, uid):
    """Close the record now."""
    broken = the_one(request.user, BreakGlass.objects.all(), uid=uid)
    try:
        once(request, actions.end_glass, word=lambda one: {"id": str(one.uid)}, glass=broken)
        messages.success(request, _("The record is closed again."))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("patients")


@page("glass.review")
@require_GET
def review_queue(request):
    """What was opened in need and waits for a verdict, the oldest first."""
    return _queue(request)


@page("glass.review")
@require_POST
def review(request, uid):
    """What the privacy officer found."""
    broken = the_one(request.user, BreakGlass.objects.all(), uid=uid)
    try:
        once(
            request,
            actions.review_glass,
            word=lambda one: {"id": str(one.uid)},
            glass=broken,
            verdict=request.POST.get("verdict", ""),
            text=request.POST.get("text", "")[:500],
        )
    except Refused as refused:
        return _queue(request, about=broken, findings=refused.findings)
    messages.success(request, _("Kept."))
    return redirect("glass-review")


def _queue(request, about=None, findings=()):
    now = timezone.now()
    waiting = list(glass.to_review(request.user))
    for one in waiting:
        one.overdue = one.begun_at < now - glass.OVERDUE
    context = {
        "now": now,
        "waiting": waiting,
        "reviewed": glass.reviewed(request.user),
        "verdicts": BreakGlass.Verdict.choices,
        "about": about,
        "findings": findings,
        "key": fresh_key(),
    }
    return render(request, "hims/glass_review.html", context, status=409 if findings else 200)
