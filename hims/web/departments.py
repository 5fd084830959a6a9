"""Settings: departments and their bed spaces, and what each space can do for a patient."""

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from hims.access.scopes import the_one, visible_to
from hims.actions import departments as actions
from hims.models import BedSpace, Capability, Department, Zone

from .form import PlaceChoice, refusals_in
from .page import page
from .settings import form_page


class DepartmentForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Department.Kind.choices)
    area = PlaceChoice(
        label=gettext_lazy("Where its rooms are"),
        queryset=Zone.objects.none(),
        help_text=gettext_lazy("An area, or a ward that is one room."),
    )
    active = forms.BooleanField(label=gettext_lazy("Takes patients"), required=False, initial=True)

    def __init__(self, *args, viewer, **kwargs):
        super().__init__(*args, **kwargs)
        areas = Zone.objects.filter(kind__in=[Zone.Kind.AREA, Zone.Kind.WARD])
        self.fields["area"].queryset = visible_to(viewer, areas.select_related("floor")).order_by(
            "name"
        )


class NewDepartmentForm(DepartmentForm):
    field_order = ["code", "name", "kind", "area"]
    code = forms.CharField(label=gettext_lazy("Code"), max_length=40)
    active = None


class SpaceForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    zone = PlaceChoice(label=gettext_lazy("Room"), queryset=Zone.objects.none())
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=BedSpace.Kind.choices)
    capabilities = forms.MultipleChoiceField(
        label=gettext_lazy("What it can do"),
        choices=Capability.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args, viewer, department, **kwargs):
        super().__init__(*args, **kwargs)
        area = department.area
        rooms = Zone.objects.filter(pk=area.pk) | Zone.objects.filter(area=area)
        self.fields["zone"].queryset = visible_to(viewer, rooms.select_related("floor")).order_by(
            "name"
        )


class NewSpaceForm(SpaceForm):
    field_order = ["code", "name", "zone", "kind", "capabilities"]
    code = forms.CharField(label=gettext_lazy("Code"), max_length=60)


@page("bed_space.change")
@require_GET
def departments(request):
    """All departments, with how many bed spaces each has."""
    found = visible_to(request.user, Department.objects.select_related("area__floor"))
    context = {
        "departments": found.annotate(spaces=Count("bed_spaces")).order_by("name"),
        "may_change": request.user.may("department.change"),
    }
    return render(request, "hims/settings_departments.html", context)


@page("department.change")
def add_department(request):
    form = NewDepartmentForm(request.POST or None, viewer=request.user)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            made = actions.add_department(
                actor=request.user, now=timezone.now(), **form.cleaned_data
            )
            return redirect("department-spaces", uid=made.uid)
    title, submit = _("Add a department"), _("Add this department")
    return form_page(request, form, title=title, submit=submit, back=reverse("departments"))


@page("department.change")
def one_department(request, uid):
    department = the_one(request.user, Department.objects.all(), uid=uid)
    fields = ("name", "kind", "area", "active")
    now_is = {field: getattr(department, field) for field in fields}
    form = DepartmentForm(request.POST or None, viewer=request.user, initial=now_is)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            actions.change_department(
                actor=request.user,
                now=timezone.now(),
                department=department,
                **form.cleaned_data,
            )
            messages.success(request, _("Saved."))
            return redirect("departments")
    title = _("Department %(code)s") % {"code": department.code}
    return form_page(request, form, title=title, submit=_("Save"), back=reverse("departments"))


@page("bed_space.change")
@require_GET
def department_spaces(request, uid):
    """The bed spaces of a department."""
    department = the_one(request.user, Department.objects.all(), uid=uid)
    spaces = department.bed_spaces.select_related("zone").order_by("code")
    context = {"department": department, "spaces": visible_to(request.user, spaces)}
    return render(request, "hims/settings_spaces.html", context)


@page("bed_space.change")
def add_space(request, uid):
    department = the_one(request.user, Department.objects.select_related("area"), uid=uid)
    form = NewSpaceForm(request.POST or None, viewer=request.user, department=department)
    back = reverse("department-spaces", args=[uid])
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            actions.add_space(
                actor=request.user,
                now=timezone.now(),
                department=department,
                **form.cleaned_data,
            )
            return redirect(back)
    title = _("A bed space of %(name)s") % {"name": department.name}
    return form_page(request, form, title=title, submit=_("Add"), back=back)


@page("bed_space.change")
def one_space(request, uid):
    """A bed space: its name, room, kind, and what it can do for a patient."""
    spaces = BedSpace.objects.select_related("department__area", "zone")
    space = the_one(request.user, spaces, uid=uid)
    fields = ("name", "zone", "kind", "capabilities")
    form = SpaceForm(
        request.POST or None,
        viewer=request.user,
        department=space.department,
        initial={field: getattr(space, field) for field in fields},
    )
    back = reverse("department-spaces", args=[space.department.uid])
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            actions.change_space(
                actor=request.user, now=timezone.now(), space=space, **form.cleaned_data
            )
            messages.success(request, _("Saved."))
            return redirect(back)
    title = _("Bed space %(code)s") % {"code": space.code}
    return form_page(request, form, title=title, submit=_("Save"), back=back)
