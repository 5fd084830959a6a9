"""Who is there: signing in and out, by password or, on an enrolled phone, by badge and PIN."""

from django import forms
from django.contrib.auth import authenticate, login, logout
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from hims.actions.actors import begin_session, end_session, refuse_session
from hims.domain.badges import badge_of
from hims.models import Actor
from hims.queries.actors import clock

from .door import locked_out
from .page import PUBLIC, page


class PasswordForm(forms.Form):
    username = forms.CharField(
        label=_("User name"),
        max_length=80,
        widget=forms.TextInput(
            {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class BadgeForm(forms.Form):
    badge = forms.CharField(
        label=_("Badge"),
        max_length=90,
        widget=forms.TextInput(
            {
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "data-scan-field": True,
                "data-scan-next": "id_pin",
            }
        ),
    )
    pin = forms.CharField(
        label=_("PIN"),
        max_length=12,
        widget=forms.PasswordInput({"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_badge(self) -> str:
        return badge_of(self.cleaned_data["badge"])


@sensitive_post_parameters("password", "pin")
@page(PUBLIC)
def sign_in(request):
    """The sign-in page; on an enrolled phone the badge comes first."""
    if request.method != "POST":
        if request.user.is_authenticated:
            return redirect(_onward(request))
        return _shown(request, PasswordForm(), BadgeForm())
    if "badge" in request.POST:
        badge_form, password_form = BadgeForm(request.POST), PasswordForm()
        form, wrong = badge_form, _("This badge and PIN do not belong together. Try again.")
    else:
        badge_form, password_form = BadgeForm(), PasswordForm(request.POST)
        form, wrong = password_form, _("User name and password do not belong together. Try again.")
    if form.is_valid():
        person = authenticate(request, **form.cleaned_data)
        if person and not person.may("session.begin"):
            form.add_error(None, _("You have no role yet. Ask an administrator for one."))
        elif person:
            return _let_in(request, person)
        elif getattr(request, "axes_locked_out", False):
            return locked_out(request)
        else:
            _note_refusal(request, form.cleaned_data)
            form.add_error(None, wrong)
    return _shown(request, password_form, badge_form, status=400)


@require_POST
@page(PUBLIC)
def sign_out(request):
    """Sign out, or change the user of a shared phone: the badge field is next, one step away."""
    if request.user.is_authenticated:
        if request.user.may("session.end"):
            end_session(actor=request.user, now=timezone.now(), phone=request.phone)
        logout(request)
    return redirect("sign-in")


def _let_in(request, person: Actor):
    begin_session(actor=person, now=timezone.now(), phone=request.phone)
    person.skip_history_when_saving = True  # the time of the sign-in is in the trail
    login(request, person)
    if request.phone:
        request.session["phone"] = request.phone.pk
    return redirect(_onward(request))


def _note_refusal(request, shown: dict) -> None:
    lookup = {"badge": shown["badge"]} if "badge" in shown else {"username": shown["username"]}
    person = Actor.objects.filter(kind=Actor.Kind.PERSON, **lookup).first()
    if person is None:
        reason = "no such badge" if "badge" in shown else "no such user name"
    elif not person.is_active:
        reason = "this account has ended"
    else:
        reason = "wrong PIN" if "badge" in shown else "wrong password"
        if "badge" in shown and request.phone is None:
            reason = "badge and PIN away from an enrolled phone"
    refuse_session(
        actor=clock(), now=timezone.now(), person=person, phone=request.phone, reason=reason
    )


def _onward(request) -> str:
    """Where to go after signing in: the `next` that was asked for, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else reverse("home")


def _shown(request, password_form, badge_form, status: int = 200):
    first = badge_form.fields["badge"] if request.phone else password_form.fields["username"]
    first.widget.attrs["autofocus"] = True
    context = {
        "password_form": password_form,
        "badge_form": badge_form,
        "next": request.POST.get("next") or request.GET.get("next") or "",
    }
    return render(request, "hims/sign_in.html", context, status=status)
