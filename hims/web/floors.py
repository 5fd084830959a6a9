"""Settings: buildings, floors and rooms as plain lists, and the ways between rooms."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one, visible_to
from hims.actions import places as actions
from hims.models import Building, Door, Floor, Zone

from .form import PlaceChoice, refusals_in, status_of
from .page import page
from .settings import form_page

LEVELS = {"min_value": -20, "max_value": 200}


class BuildingForm(forms.Form):
    code = forms.CharField(label=gettext_lazy("Code"), max_length=40)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)


class NameForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)


class FloorForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    level = forms.IntegerField(
        label=gettext_lazy("Storey"), help_text=gettext_lazy("0 is the ground."), **LEVELS
    )


class NewFloorForm(FloorForm):
    field_order = ["code", "name", "level"]
    code = forms.CharField(label=gettext_lazy("Code"), max_length=40)


class ZoneForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=Zone.Kind.choices, initial=Zone.Kind.ROOM
    )
    capacity = forms.IntegerField(
        label=gettext_lazy("How many does it hold?"), required=False, min_value=0, max_value=1000
    )
    area = forms.ModelChoiceField(
        label=gettext_lazy("Part of"),
        queryset=Zone.objects.none(),
        required=False,
        empty_label=gettext_lazy("No area"),
    )

    def __init__(self, *args, floor, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = floor.zones.filter(kind=Zone.Kind.AREA).order_by("name")


class NewZoneForm(ZoneForm):
    field_order = ["code", "name", "kind", "capacity", "area"]
    code = forms.CharField(
        label=gettext_lazy("Code"), help_text=gettext_lazy("As on the door."), max_length=60
    )


class DoorForm(forms.Form):
    b = PlaceChoice(label=gettext_lazy("Leads to"), queryset=Zone.objects.none())
    kind = forms.ChoiceField(label=gettext_lazy("Way"), choices=Door.Kind.choices)
    seconds = forms.FloatField(
        label=gettext_lazy("Seconds to walk"), required=False, min_value=0, max_value=3600
    )

    def __init__(self, *args, zone, viewer, **kwargs):
        super().__init__(*args, **kwargs)
        others = visible_to(viewer, Zone.objects.select_related("floor")).exclude(pk=zone.pk)
        self.fields["b"].queryset = others.exclude(kind=Zone.Kind.AREA).order_by("name")


@page("places.change")
@require_GET
def places(request):
    """Buildings with their floors."""
    buildings = visible_to(request.user, Building.objects.all()).order_by("code")
    return render(
        request, "hims/settings_places.html", {"buildings": buildings.prefetch_related("floors")}
    )


@page("building.add")
def add_building(request):
    form = BuildingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            actions.add_building(actor=request.user, now=timezone.now(), **form.cleaned_data)
            return redirect("places")
    title, submit = _("Add a building"), _("Add this building")
    return form_page(request, form, title=title, submit=submit, back=reverse("places"))


@page("building.rename")
def rename_building(request, uid):
    building = the_one(request.user, Building.objects.all(), uid=uid)
    form = NameForm(request.POST or None, initial={"name": building.name})
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            actions.rename_building(
                actor=request.user, now=timezone.now(), building=building, **form.cleaned_data
            )
            return redirect("places")
    title = _("Building %(code)s") % {"code": building.code}
    return form_page(request, form, title=title, submit=_("Save"), back=reverse("places"))


@page("floor.add")
def add_floor(request, uid):
    building = the_one(request.user, Building.objects.all(), uid=uid)
    form = NewFloorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            floor = actions.add_floor(
                actor=request.user, now=timezone.now(), building=building, **form.cleaned_data
            )
            return redirect("floor", uid=floor.uid)
    title = _("A floor of %(building)s") % {"building": building.name}
    return form_page(request, form, title=title, submit=_("Add"), back=reverse("places"))


@page("places.change")
def one_floor(request, uid):
    """A floor: its name to change, its rooms as a list."""
    floor = the_floor(request, uid)
    form = FloorForm(request.POST or None, initial={"name": floor.name, "level": floor.level})
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            actions.change_floor(
                actor=request.user, now=timezone.now(), floor=floor, **form.cleaned_data
            )
            messages.success(request, _("Saved."))
            return redirect("floor", uid=uid)
    zones = floor.zones.select_related("area").order_by("area__name", "name", "code")
    context = {"floor": floor, "form": form, "zones": zones}
    return render(request, "hims/settings_floor.html", context, status=status_of(form))


@page("zone.add")
def add_zone(request, uid):
    floor = the_floor(request, uid)
    form = NewZoneForm(request.POST or None, floor=floor)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            zone = actions.add_zone(
                actor=request.user, now=timezone.now(), floor=floor, **form.cleaned_data
            )
            messages.success(request, _("%(name)s is added.") % {"name": zone.name})
            return redirect("add-zone" if "another" in request.POST else "floor", uid=uid)
    title = _("A room on %(floor)s") % {"floor": floor.name}
    back = reverse("floor", args=[uid])
    more = {"another": _("Add it and one more")}
    return form_page(request, form, title=title, submit=_("Add"), back=back, **more)


@page("places.change")
def one_zone(request, uid):
    """A room: name, kind, capacity and area to change, and the ways out of it."""
    zone = _the_zone(request, uid)
    form = ZoneForm(
        request.POST or None,
        floor=zone.floor,
        initial={
            "name": zone.name,
            "kind": zone.kind,
            "capacity": zone.capacity,
            "area": zone.area_id,
        },
    )
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            actions.change_zone(
                actor=request.user, now=timezone.now(), zone=zone, **form.cleaned_data
            )
            messages.success(request, _("Saved."))
            return redirect("floor", uid=zone.floor.uid)
    return _zone_shown(request, zone, form, DoorForm(zone=zone, viewer=request.user))


@require_POST
@page("door.add")
def add_door(request, uid):
    zone = _the_zone(request, uid)
    form = DoorForm(request.POST, zone=zone, viewer=request.user)
    if form.is_valid():
        with refusals_in(form):
            actions.add_door(actor=request.user, now=timezone.now(), a=zone, **form.cleaned_data)
            messages.success(request, _("The way is added."))
            return redirect("zone", uid=uid)
    whole = {"name": zone.name, "kind": zone.kind, "capacity": zone.capacity, "area": zone.area_id}
    return _zone_shown(request, zone, ZoneForm(floor=zone.floor, initial=whole), form)


@require_POST
@page("door.remove")
def remove_door(request, uid, key):
    zone = _the_zone(request, uid)
    doors = Door.objects.select_related("a", "b")
    door = the_one(request.user, doors.filter(a=zone) | doors.filter(b=zone), pk=key)
    actions.remove_door(actor=request.user, now=timezone.now(), door=door)
    messages.success(request, _("The way is removed."))
    return redirect("zone", uid=uid)


def the_floor(request, uid) -> Floor:
    """The floor that the address names, or NotFound."""
    return the_one(request.user, Floor.objects.select_related("building"), uid=uid)


def _the_zone(request, uid) -> Zone:
    return the_one(request.user, Zone.objects.select_related("floor__building", "area"), uid=uid)


def _zone_shown(request, zone: Zone, form, door_form):
    doors = [
        (door, door.b) for door in zone.doors_out.select_related("b__floor").order_by("b__name")
    ] + [(door, door.a) for door in zone.doors_in.select_related("a__floor").order_by("a__name")]
    context = {"zone": zone, "form": form, "door_form": door_form, "doors": doors}
    shown = door_form if door_form.is_bound else form
    return render(request, "hims/settings_zone.html", context, status=status_of(shown))
