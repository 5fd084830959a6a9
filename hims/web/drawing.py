"""Drawing a floor: outlines, doors and what upper floors hang there, over the plan picture.

Every drawn thing is a form with typed coordinates; the drawing only fills the forms in. So it
works by keyboard alone, and without any script.
"""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from hims.access.scopes import the_one
from hims.actions import places as actions
from hims.domain.outlines import as_corners
from hims.models import Door, Floor, Zone
from hims.wire.plan_picture import MOST_BYTES, NoPicture, plan_picture

from .floors import the_floor
from .form import refusals_in, status_of
from .page import page
from .sections import layers_of

NO_PICTURE = {
    "large": gettext_lazy("The file is larger than 8 MB."),
    "pixels": gettext_lazy("The picture has more than 60 million pixels."),
    "unreadable": gettext_lazy("This is not a picture that we can read. PNG or JPEG do well."),
    "small": gettext_lazy("The picture is too small to be a plan."),
}


class PlanForm(forms.Form):
    picture = forms.FileField(
        label=gettext_lazy("Picture of the plan"),
        help_text=gettext_lazy("PNG or JPEG, up to 8 MB."),
        required=False,
        widget=forms.ClearableFileInput({"accept": "image/*"}),
    )
    width = forms.FloatField(
        label=gettext_lazy("How many metres is the picture wide?"), min_value=1, max_value=10_000
    )
    x = forms.FloatField(label=gettext_lazy("Left edge at x (m)"), initial=0)
    y = forms.FloatField(label=gettext_lazy("Lower edge at y (m)"), initial=0)

    def clean_picture(self):
        sent = self.cleaned_data["picture"]
        if not sent:
            return None
        if sent.size > MOST_BYTES:
            raise forms.ValidationError(NO_PICTURE["large"])
        try:
            return plan_picture(sent.read())
        except NoPicture as why:
            raise forms.ValidationError(NO_PICTURE[str(why)]) from why


class OutlineForm(forms.Form):
    zone = forms.UUIDField()
    outline_typed = forms.CharField(required=False, max_length=20_000)


class DrawnDoorForm(forms.Form):
    a = forms.ModelChoiceField(label=gettext_lazy("From"), queryset=Zone.objects.none())
    b = forms.ModelChoiceField(label=gettext_lazy("To"), queryset=Zone.objects.none())
    x = forms.FloatField(label=gettext_lazy("x (m)"), required=False)
    y = forms.FloatField(label=gettext_lazy("y (m)"), required=False)

    def __init__(self, *args, floor, **kwargs):
        super().__init__(*args, **kwargs)
        rooms = floor.zones.exclude(kind=Zone.Kind.AREA).order_by("name")
        for name in ("a", "b"):
            self.fields[name].queryset = rooms
            self.fields[name].widget.attrs["data-point-room"] = name
        for name in ("x", "y"):
            self.fields[name].widget.attrs["data-point"] = name


@page("zone.draw")
def draw(request, uid):
    """The drawing of a floor; a POST sets the plan picture and its scale."""
    floor = the_floor(request, uid)
    form = PlanForm(
        request.POST or None,
        request.FILES or None,
        initial={"width": floor.plan_width, "x": floor.plan_x, "y": floor.plan_y},
    )
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            actions.set_plan(
                actor=request.user, now=timezone.now(), floor=floor, **form.cleaned_data
            )
            messages.success(request, _("The plan is in its place."))
            return redirect("draw-floor", uid=uid)
        floor = the_floor(request, uid)
    return _shown(request, floor, plan_form=form)


@require_POST
@page("zone.draw")
def outline(request, uid):
    """Save the outline of one room of the floor."""
    floor = the_floor(request, uid)
    form = OutlineForm(request.POST)
    if not form.is_valid():
        return _shown(request, floor, plan_form=_plan_form(floor), outline_form=form)
    zone = the_one(request.user, floor.zones.all(), uid=form.cleaned_data["zone"])
    typed = form.cleaned_data["outline_typed"]
    with refusals_in(form):
        zone, sharing = actions.draw_zone(
            actor=request.user, now=timezone.now(), zone=zone, outline_typed=typed
        )
        if sharing:
            messages.warning(
                request,
                _("%(room)s is saved. It lies over %(others)s: is that so?")
                % {"room": zone.name, "others": ", ".join(other.name for other in sharing[:5])},
            )
        elif zone.polygon:
            messages.success(request, _("%(room)s is drawn.") % {"room": zone.name})
        else:
            messages.success(request, _("%(room)s is not drawn any more.") % {"room": zone.name})
        return redirect(f"{reverse('draw-floor', args=[uid])}?zone={zone.uid}")
    return _shown(request, floor, plan_form=_plan_form(floor), outline_form=form, chosen=zone)


@require_POST
@page("door.add")
def door(request, uid):
    """Save a door between two rooms of the floor, with its place if it was drawn."""
    floor = the_floor(request, uid)
    form = DrawnDoorForm(request.POST, floor=floor)
    if form.is_valid():
        with refusals_in(form):
            actions.add_door(
                actor=request.user, now=timezone.now(), kind=Door.Kind.DOOR, **form.cleaned_data
            )
            messages.success(request, _("The door is added."))
            return redirect("draw-floor", uid=uid)
    return _shown(request, floor, plan_form=_plan_form(floor), door_form=form)


def _plan_form(floor: Floor) -> PlanForm:
    return PlanForm(initial={"width": floor.plan_width, "x": floor.plan_x, "y": floor.plan_y})


def _shown(request, floor, *, plan_form, outline_form=None, door_form=None, chosen=None):
    zones = list(floor.zones.order_by("name", "code"))
    wanted = request.GET.get("zone", "")
    for zone in zones:
        zone.corners = as_corners(zone.polygon)
        zone.open = str(zone.uid) == wanted
        if chosen and zone.pk == chosen.pk:
            zone.open, zone.corners = True, outline_form["outline_typed"].value() or ""
            zone.faults = [*outline_form.errors.get("outline_typed", [])]
            zone.faults += outline_form.non_field_errors()
    doors = Door.objects.filter(a__floor=floor, b__floor=floor, x__isnull=False)
    forms_shown = [form for form in (plan_form, outline_form, door_form) if form]
    context = {
        "floor": floor,
        "zones": zones,
        "anything_drawn": any(zone.polygon for zone in zones),
        "doors": [{"x": door.x, "y": door.y} for door in doors],
        "plan_form": plan_form,
        "door_form": door_form or DrawnDoorForm(floor=floor),
        "layers": layers_of(request.user, floor),
        "picture": _picture(floor),
    }
    status = max(status_of(form) for form in forms_shown)
    return render(request, "hims/drawing.html", context, status=status)


def _picture(floor: Floor) -> dict | None:
    """Where the plan picture lies, in metres with y up."""
    if not floor.plan or not floor.plan_width:
        return None
    try:
        height = floor.plan_width * floor.plan.height / floor.plan.width
    except OSError:
        return None
    return {"x": floor.plan_x, "y": floor.plan_y, "width": floor.plan_width, "height": height}
