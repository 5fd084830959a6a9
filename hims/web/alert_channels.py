"""How one is told outside the pages, and what was sent, or would have been in a demonstration."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hims.access.hidden import Hidden
from hims.access.roles import ROLE_NAMES, Role
from hims.access.scopes import the_one
from hims.actions.alerts import keeping as actions
from hims.domain.channels import shown
from hims.models import Channel, Priority
from hims.queries import alerts as queries

from .form import fresh_key, once, refusals_in
from .page import page
from .settings import form_page

SHOWN = 100


class ChannelForm(forms.Form):
    key = forms.CharField(widget=forms.HiddenInput)
    name = forms.CharField(label=gettext_lazy("What you call it"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("Which way"), choices=Channel.Kind.choices)
    address = forms.CharField(
        label=gettext_lazy("Address"),
        help_text=gettext_lazy(
            "An e-mail address, or the https address of a webhook. Nobody can read it back."
        ),
        max_length=400,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    least = forms.ChoiceField(
        label=gettext_lazy("From which priority on"), choices=Priority.choices
    )
    role = forms.ChoiceField(label=gettext_lazy("For whom"), required=False)


@page("alerts.view")
@require_GET
def channels(request):
    """My ways, and those of roles for who keeps the rules."""
    found = list(queries.channels(request.user))
    for one in found:
        one.shown = shown(one.kind, one.address)
        one.whose = ROLE_NAMES[Role(one.role)] if one.role else one.actor
    return render(request, "hims/alert_channels.html", {"channels": found, "key": fresh_key()})


@page("channel.change")
def add(request):
    """One more way to be told."""
    form = ChannelForm(request.POST or None, initial={"key": fresh_key(), "least": Priority.MEDIUM})
    keeps = request.user.may("alert_rule.change")
    roles = [(role.value, name) for role, name in ROLE_NAMES.items()] if keeps else []
    form.fields["role"].choices = [("", _("Me")), *roles]
    if not keeps:
        form.fields["kind"].choices = [(Channel.Kind.EMAIL, Channel.Kind.EMAIL.label)]
    if request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in ("name", "kind", "least", "role")}
        address = Hidden(form.cleaned_data["address"])
        with refusals_in(form):
            once(request, actions.add_channel, word=_named, address=address, **asked)
            messages.success(request, _("From now on you are told there too."))
            return redirect("alert-channels")
    title, back = _("Tell me there too"), reverse("alert-channels")
    return form_page(request, form, title=title, submit=_("Add"), back=back)


@page("channel.change")
@require_POST
def close(request, uid):
    """Not there any more."""
    channel = the_one(request.user, Channel.objects.all(), uid=uid)
    once(request, actions.close_channel, word=_named, channel=channel)
    messages.success(request, _("Its address is forgotten."))
    return redirect("alert-channels")


@page("alerts.view")
@require_GET
def sent(request):
    """What left the house."""
    found = list(queries.sent(request.user)[:SHOWN])
    context = {"found": found, "only_shown": settings.HIMS_DELIVERY == "show"}
    return render(request, "hims/alerts_sent.html", context)


def _named(row) -> dict:
    return {"id": str(row.uid)}
