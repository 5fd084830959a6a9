"""Settings: gateways, where they hang and how they are."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one, visible_to
from hims.models import Device, Floor, Zone
from hims.web.form import PlaceChoice, refusals_in, status_of
from hims.web.page import page
from hims.web.settings import form_page
from tracking.actions import gateways as actions
from tracking.models import Gateway
from tracking.queries.gateways import gateways, health_of


class NewGatewayForm(forms.Form):
    address = forms.CharField(
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("As printed on the gateway, in any spelling."),
        max_length=80,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, required=False)


class PlaceForm(forms.Form):
    floor = PlaceChoice(
        label=gettext_lazy("Floor"),
        queryset=Floor.objects.none(),
        required=False,
        empty_label=gettext_lazy("Not known"),
    )
    zone = PlaceChoice(
        label=gettext_lazy("Room"),
        queryset=Zone.objects.none(),
        required=False,
        empty_label=gettext_lazy("Not known"),
    )
    x = forms.FloatField(label=gettext_lazy("x (m)"), required=False)
    y = forms.FloatField(label=gettext_lazy("y (m)"), required=False)
    z = forms.FloatField(label=gettext_lazy("Height (m)"), required=False)

    def __init__(self, *args, viewer, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["floor"].queryset = visible_to(viewer, Floor.objects.select_related("building"))
        rooms = visible_to(
            viewer, Zone.objects.select_related("floor").exclude(kind=Zone.Kind.AREA)
        )
        self.fields["zone"].queryset = rooms.order_by("name")


class NameForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, required=False)


class DeviceChoice(forms.Form):
    device = forms.ModelChoiceField(
        label=gettext_lazy("The device whose key speaks for this gateway"),
        queryset=Device.objects.none(),
        required=False,
        empty_label=gettext_lazy("Any key that may post readings"),
    )

    def __init__(self, *args, viewer, **kwargs):
        super().__init__(*args, **kwargs)
        seen = visible_to(viewer, Device.objects.filter(kind=Device.Kind.GATEWAY))
        self.fields["device"].queryset = seen.select_related("actor").order_by("actor__username")


@page("transmitters.view")
@require_GET
def list_gateways(request):
    """All gateways with their health; the troubled ones are counted first."""
    now = timezone.now()
    rows = [(gateway, health_of(gateway, now)) for gateway in gateways(request.user)]
    context = {
        "rows": rows,
        "troubled": sum(1 for _gateway, health in rows if health.state in {"stop", "warn"}),
        "now": now,
        "may_add": request.user.may("gateway.add"),
    }
    return render(request, "tracking/gateways.html", context)


@page("gateway.add")
def add_gateway(request):
    form = NewGatewayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            gateway = actions.add_gateway(
                actor=request.user, now=timezone.now(), **form.cleaned_data
            )
            return redirect("gateway", uid=gateway.uid)
    title, submit = _("Add a gateway"), _("Add this gateway")
    return form_page(request, form, title=title, submit=submit, back=reverse("gateways"))


@page("transmitters.view")
@require_GET
def one_gateway(request, uid):
    """One gateway: how it is, its name, its place, and the device that speaks for it."""
    return _gateway_shown(request, _the_gateway(request, uid))


@require_POST
@page("gateway.place")
def place(request, uid):
    """Save where a gateway hangs; from the drawing of a floor it leads back there."""
    gateway = _the_gateway(request, uid)
    form = PlaceForm(request.POST, viewer=request.user)
    if form.is_valid():
        with refusals_in(form):
            actions.place_gateway(
                actor=request.user, now=timezone.now(), gateway=gateway, **form.cleaned_data
            )
            messages.success(request, _("%(name)s is placed.") % {"name": gateway})
            floor = form.cleaned_data["floor"]
            if floor and request.POST.get("drawing") == str(floor.uid):
                return redirect("draw-floor", uid=floor.uid)
            return redirect("gateway", uid=uid)
    return _gateway_shown(request, _the_gateway(request, uid), place_form=form)


@require_POST
@page("gateway.rename")
def rename(request, uid):
    gateway = _the_gateway(request, uid)
    form = NameForm(request.POST)
    if form.is_valid():
        with refusals_in(form):
            actions.rename_gateway(
                actor=request.user, now=timezone.now(), gateway=gateway, **form.cleaned_data
            )
            return redirect("gateway", uid=uid)
    return _gateway_shown(request, _the_gateway(request, uid), name_form=form)


@require_POST
@page("gateway.bind")
def bind(request, uid):
    """Say which device speaks for the gateway."""
    gateway = _the_gateway(request, uid)
    form = DeviceChoice(request.POST, viewer=request.user)
    if form.is_valid():
        with refusals_in(form):
            actions.bind_gateway(
                actor=request.user, now=timezone.now(), gateway=gateway, **form.cleaned_data
            )
            return redirect("gateway", uid=uid)
    return _gateway_shown(request, _the_gateway(request, uid), device_form=form)


@page("transmitters.view")
@require_GET
def drawn(request, uid):
    """The gateways of a floor, and those of no floor, as a fragment of the drawing page."""
    floor = the_one(request.user, Floor.objects.all(), uid=uid)
    context = {
        "floor": floor,
        "here": gateways(request.user, floor=floor),
        "nowhere": gateways(request.user).filter(floor=None),
        "may_place": request.user.may("gateway.place"),
    }
    return render(request, "tracking/gateways_drawn.html", context)


def _the_gateway(request, uid) -> Gateway:
    found = Gateway.objects.select_related("floor__building", "zone", "device__device", "health")
    return the_one(request.user, found, uid=uid)


def _gateway_shown(request, gateway: Gateway, **bound):
    now = timezone.now()
    viewer = request.user
    place_form = bound.get("place_form") or PlaceForm(
        viewer=viewer,
        initial={
            "floor": gateway.floor_id,
            "zone": gateway.zone_id,
            "x": gateway.x,
            "y": gateway.y,
            "z": gateway.z,
        },
    )
    device = getattr(gateway.device, "device", None)
    device_form = bound.get("device_form") or DeviceChoice(
        viewer=viewer, initial={"device": device and device.pk}
    )
    name_form = bound.get("name_form") or NameForm(initial={"name": gateway.name})
    context = {
        "gateway": gateway,
        "health": health_of(gateway, now),
        "figures": getattr(gateway, "health", None),
        "place_form": place_form,
        "name_form": name_form,
        "device_form": device_form,
        "now": now,
        "may_place": viewer.may("gateway.place"),
        "may_bind": viewer.may("gateway.bind"),
    }
    status = max(status_of(form) for form in (place_form, name_form, device_form))
    return render(request, "tracking/gateways_one.html", context, status=status)
