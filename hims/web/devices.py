"""Settings: gateways, scanners, interfaces and phones, and their keys."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one, visible_to
from hims.actions import devices as actions
from hims.models import Device, Zone
from hims.queries.devices import devices

from .form import PlaceChoice, refusals_in
from .page import page
from .settings import form_page, shown_once


class DeviceForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[choice for choice in Device.Kind.choices if choice[0] != Device.Kind.PHONE],
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What may it send or follow?"),
        choices=Device.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    zone = PlaceChoice(
        label=gettext_lazy("Where does it belong?"),
        queryset=Zone.objects.none(),
        required=False,
        empty_label=gettext_lazy("Nowhere in particular"),
    )

    def __init__(self, *args, viewer, **kwargs):
        super().__init__(*args, **kwargs)
        zones = visible_to(viewer, Zone.objects.select_related("floor"))
        self.fields["zone"].queryset = zones.order_by("name")


class RotateForm(forms.Form):
    hours = forms.IntegerField(
        label=gettext_lazy("How many hours does the old key stay open?"),
        initial=24,
        min_value=0,
        max_value=720,
    )


@page("devices.view")
@require_GET
def list_devices(request):
    """All devices and phones, whether their keys are open, and when they were last seen."""
    now = timezone.now()
    context = {
        "devices": devices(request.user, now),
        "now": now,
        "may_add": request.user.may("device.add"),
        "may_rotate": request.user.may("device.rotate"),
        "may_revoke": request.user.may("device.revoke"),
    }
    return render(request, "hims/settings_devices.html", context)


@page("device.add")
def add_device(request):
    """A new device; its key is shown once."""
    form = DeviceForm(request.POST or None, viewer=request.user)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            device, secret = actions.add_device(
                actor=request.user, now=timezone.now(), **form.cleaned_data
            )
            return _key_shown(request, device, secret)
    title, submit = _("Add a device"), _("Add this device")
    return form_page(request, form, title=title, submit=submit, back=reverse("devices"))


@page("device.rotate")
def rotate(request, uid):
    """A new key for a device; the old one stays open for a while."""
    device = _the_device(request, uid)
    form = RotateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        overlap = timedelta(hours=form.cleaned_data["hours"])
        with refusals_in(form):
            secret = actions.rotate_device(
                actor=request.user, now=timezone.now(), device=device, overlap=overlap
            )
            return _key_shown(request, device, secret)
    title = _("A new key for %(name)s") % {"name": device.actor.name}
    return form_page(
        request, form, title=title, submit=_("Make the new key"), back=reverse("devices")
    )


@require_POST
@page("device.revoke")
def revoke(request, uid):
    device = _the_device(request, uid)
    reason = request.POST.get("reason", "").strip()[:500]
    actions.revoke_device(actor=request.user, now=timezone.now(), device=device, reason=reason)
    messages.success(request, _("All keys of %(name)s are closed.") % {"name": device.actor.name})
    return redirect("devices")


def _the_device(request, uid) -> Device:
    return the_one(request.user, Device.objects.select_related("actor"), actor__uid=uid)


def _sentence(device: Device) -> str:
    if device.scopes == [Device.Scope.WAIT_SIGN]:
        return _("Open %(address)s with this key at its end on the screen.") % {
            "address": f"{reverse('wait-sign')}?key="
        }
    return _("Put it into the device as “Authorization: Token …”.")


def _key_shown(request, device: Device, secret: str):
    return shown_once(
        request,
        title=_("Key of %(name)s") % {"name": device.actor.name},
        sentence=_sentence(device),
        secret=secret,
        back=reverse("devices"),
    )
