"""Settings: the people who sign in, and their tokens."""

import secrets

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hims.access.hidden import Hidden
from hims.access.roles import ROLE_NAMES
from hims.access.scopes import the_one
from hims.actions import actors as actions
from hims.actions.devices import LONGEST_TOKEN_DAYS, issue_token, revoke_token
from hims.models import AccessKey, Actor
from hims.queries.actors import people
from hims.queries.devices import open_keys, tokens

from .form import refusals_in, status_of
from .page import page
from .settings import form_page, shown_once

A_PAGE = 50
EASY_TO_READ = "abcdefghijkmnpqrstuvwxyz23456789"


class PersonForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=160)
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"),
        required=False,
        choices=[(role.value, name) for role, name in ROLE_NAMES.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    badge = forms.CharField(
        label=gettext_lazy("Badge"),
        help_text=gettext_lazy("Scan it, or type its number."),
        max_length=90,
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )


class NewPersonForm(PersonForm):
    field_order = ["username", "name", "roles", "badge"]
    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=80,
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
    )


class TokenForm(forms.Form):
    label = forms.CharField(label=gettext_lazy("What is it for?"), max_length=80)
    days = forms.IntegerField(
        label=gettext_lazy("Good for how many days?"),
        help_text=gettext_lazy("Empty: until it is revoked."),
        required=False,
        min_value=1,
        max_value=LONGEST_TOKEN_DAYS,
    )


@page("actors.view")
@require_GET
def list_people(request):
    """All people, searched by words, a page at a time."""
    q = request.GET.get("q", "").strip()[:200]
    found = Paginator(people(request.user, q), A_PAGE).get_page(request.GET.get("page"))
    for person in found:
        person.role_names = [ROLE_NAMES[role] for role in person.roles]
    context = {"q": q, "found": found, "may_add": request.user.may("actor.add")}
    return render(request, "hims/settings_people.html", context)


@page("actor.add")
def add_person(request):
    """Somebody new; the first password is made by us and shown once."""
    form = NewPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        first = _new_password()
        with refusals_in(form):
            person = actions.add_person(
                actor=request.user,
                now=timezone.now(),
                password=Hidden(first),
                **form.cleaned_data,
            )
            return _password_shown(request, person, first)
    title, submit = _("Add a person"), _("Add this person")
    return form_page(request, form, title=title, submit=submit, back=reverse("people"))


@page("actors.view")
def one_person(request, uid):
    """One person: name, roles and badge to change; password, tokens and account below."""
    person = _the_person(request, uid)
    form = PersonForm(
        request.POST or None,
        initial={"name": person.name, "roles": person.roles, "badge": person.badge or ""},
    )
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            actions.change_person(
                actor=request.user, now=timezone.now(), person=person, **form.cleaned_data
            )
            messages.success(request, _("Saved."))
            return redirect("person", uid=uid)
    now = timezone.now()
    context = {
        "person": person,
        "form": form,
        "token_form": TokenForm(prefix="token"),
        "tokens": open_keys(now).filter(actor=person).order_by("-pk"),
        "now": now,
        "may": {name: request.user.may(permission) for name, permission in MAY.items()},
    }
    return render(request, "hims/settings_person.html", context, status=status_of(form))


MAY = {
    "change": "actor.change",
    "deactivate": "actor.deactivate",
    "reactivate": "actor.reactivate",
    "reset": "actor.reset_password",
    "issue": "token.issue",
    "revoke": "token.revoke",
    "trail": "audit.view",
}


@require_POST
@page("actor.deactivate")
def deactivate(request, uid):
    person = _the_person(request, uid)
    reason = request.POST.get("reason", "").strip()[:500]
    actions.deactivate_person(actor=request.user, now=timezone.now(), person=person, reason=reason)
    messages.success(request, _("%(name)s no longer signs in.") % {"name": person.name})
    return redirect("person", uid=uid)


@require_POST
@page("actor.reactivate")
def reactivate(request, uid):
    person = _the_person(request, uid)
    actions.reactivate_person(actor=request.user, now=timezone.now(), person=person)
    messages.success(request, _("%(name)s may sign in again.") % {"name": person.name})
    return redirect("person", uid=uid)


@require_POST
@page("actor.reset_password")
def reset_password(request, uid):
    person = _the_person(request, uid)
    fresh = _new_password()
    actions.reset_password(
        actor=request.user, now=timezone.now(), person=person, password=Hidden(fresh)
    )
    return _password_shown(request, person, fresh)


@page("devices.view")
@require_GET
def list_tokens(request):
    """All open tokens of people."""
    now = timezone.now()
    context = {
        "tokens": tokens(request.user, now),
        "now": now,
        "may_revoke": request.user.may("token.revoke"),
    }
    return render(request, "hims/settings_tokens.html", context)


@page("token.issue")
def add_token(request, uid):
    """A new token of a person, shown once."""
    person = _the_person(request, uid)
    form = TokenForm(request.POST or None, prefix="token")
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            _token, secret = issue_token(
                actor=request.user, now=timezone.now(), person=person, **form.cleaned_data
            )
            return shown_once(
                request,
                title=_("Token of %(name)s") % {"name": person.name},
                sentence=_("Send it as “Authorization: Token …”. It opens what the roles open."),
                secret=secret,
                back=reverse("person", args=[uid]),
            )
    title = _("A token for %(name)s") % {"name": person.name}
    back = reverse("person", args=[uid])
    return form_page(request, form, title=title, submit=_("Make the token"), back=back)


@require_POST
@page("token.revoke")
def end_token(request, key):
    token = the_one(request.user, AccessKey.objects.select_related("actor"), pk=key)
    revoke_token(actor=request.user, now=timezone.now(), token=token)
    messages.success(request, _("The token is closed."))
    return redirect("tokens")


def _the_person(request, uid) -> Actor:
    return the_one(request.user, Actor.objects.filter(kind=Actor.Kind.PERSON), uid=uid)


def _new_password() -> str:
    """Five groups of four signs that cannot be mistaken for one another: about 100 bits."""
    groups = ("".join(secrets.choice(EASY_TO_READ) for _ in range(4)) for _ in range(5))
    return "-".join(groups)


def _password_shown(request, person: Actor, password: str):
    return shown_once(
        request,
        title=_("Password of %(name)s") % {"name": person.name},
        sentence=_("Give it to %(name)s in person; “You” in the menu is where to change it.")
        % {"name": person.name},
        secret=password,
        back=reverse("person", args=[person.uid]),
    )
