"""The short pages on which patients get a record: known, unknown, newborn, announced, arrived."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from hims.access.scopes import the_one, visible_to
from hims.action import look
from hims.actions import registration
from hims.actions.encounters import register_visit
from hims.errors import NotFound
from hims.models import Department, Encounter, Patient
from hims.queries.patients import alike

from .form import fresh_key, once, refusals_in, status_of
from .page import page

SEXES = [("unknown", gettext_lazy("not known")), *Patient.Sex.choices[:3]]
TABS = (
    ("register-patient", gettext_lazy("Known")),
    ("register-unknown", gettext_lazy("Not known who")),
    ("expect-patient", gettext_lazy("Announced")),
)


class Day(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%d")


class Moment(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


def departments(viewer):
    """Departments that take patients."""
    return visible_to(viewer, Department.objects.filter(active=True)).order_by("kind", "name")


class ArrivalForm(forms.Form):
    """Where somebody arrived; the one department of the viewer's shift is chosen already."""

    department = forms.ModelChoiceField(
        Department.objects.none(), label=gettext_lazy("Arrived in"), to_field_name="code"
    )
    complaint = forms.CharField(
        label=gettext_lazy("Why are they here?"), max_length=200, required=False
    )

    needs_department = True

    def __init__(self, *args, viewer, now, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["department"]
        field.queryset = departments(viewer)
        field.required = self.needs_department
        field.empty_label = _("choose") if self.needs_department else _("not here yet")
        here = Department.objects.filter(
            shifts__actor=viewer, shifts__begins_at__lte=now, shifts__ends_at__gt=now
        ).first()
        if here is not None:
            field.initial = here.code


class KnownForm(ArrivalForm):
    family = forms.CharField(label=gettext_lazy("Family name"), max_length=120)
    given = forms.CharField(label=gettext_lazy("Given names"), max_length=120, required=False)
    birth_date = forms.DateField(label=gettext_lazy("Born"), required=False, widget=Day)
    sex = forms.ChoiceField(label=gettext_lazy("Sex"), choices=SEXES, required=False)
    mrn = forms.CharField(
        label=gettext_lazy("Record number"),
        help_text=gettext_lazy("Leave it empty and a new one is given."),
        max_length=40,
        required=False,
    )

    needs_department = False
    field_order = ("family", "given", "birth_date", "sex", "department", "complaint", "mrn")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("family", "given"):
            self.fields[name].widget.attrs.update({"autocomplete": "off", "spellcheck": "false"})


class UnknownForm(ArrivalForm):
    sex = forms.ChoiceField(label=gettext_lazy("Sex"), choices=SEXES, required=False)
    age = forms.IntegerField(
        label=gettext_lazy("About how old, in years?"),
        min_value=0,
        max_value=registration.OLDEST,
        required=False,
    )

    needs_department = False
    field_order = ("sex", "age", "department", "complaint")


class ExpectedForm(ArrivalForm):
    minutes = forms.IntegerField(
        label=gettext_lazy("Here in how many minutes?"), min_value=0, max_value=24 * 60, initial=10
    )
    acuity = forms.TypedChoiceField(
        label=gettext_lazy("Acuity (ESI)"),
        choices=[("", gettext_lazy("not known")), *((str(n), str(n)) for n in range(1, 6))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    sex = forms.ChoiceField(label=gettext_lazy("Sex"), choices=SEXES, required=False)
    age = forms.IntegerField(
        label=gettext_lazy("About how old, in years?"),
        min_value=0,
        max_value=registration.OLDEST,
        required=False,
    )

    field_order = ("complaint", "minutes", "acuity", "sex", "age", "department")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["department"].label = _("Comes to")
        self.fields["department"].queryset = self.fields["department"].queryset.filter(
            kind=Department.Kind.EMERGENCY
        )
        only = list(self.fields["department"].queryset[:2])
        if len(only) == 1:
            self.fields["department"].initial = only[0].code


class NewbornForm(forms.Form):
    born_at = forms.DateTimeField(label=gettext_lazy("Born at"), widget=Moment)
    sex = forms.ChoiceField(label=gettext_lazy("Sex"), choices=SEXES, required=False)
    given = forms.CharField(label=gettext_lazy("Given names"), max_length=120, required=False)


class IdentityForm(forms.Form):
    family = forms.CharField(label=gettext_lazy("Family name"), max_length=120)
    given = forms.CharField(label=gettext_lazy("Given names"), max_length=120, required=False)
    birth_date = forms.DateField(label=gettext_lazy("Born"), required=False, widget=Day)
    sex = forms.ChoiceField(label=gettext_lazy("Sex"), choices=SEXES, required=False)


@page("patient.register")
@require_http_methods(["GET", "POST"])
def known(request):
    """Somebody who says who they are; records like theirs are shown while the name is typed."""
    form = KnownForm(request.POST or None, viewer=request.user, now=timezone.now())
    if form.is_valid():
        asked = {"sex": form.cleaned_data.pop("sex") or "unknown", **form.cleaned_data}
        with refusals_in(form):
            made, _again = once(request, registration.register_patient, word=_patient, **asked)
            messages.success(request, _("Registered as %(mrn)s.") % made)
            return redirect("patient", uid=made["id"])
    return _shown(request, "register-patient", form, likes=True)


@page("patient.register")
@require_http_methods(["GET", "POST"])
def unknown(request):
    """Somebody of whom nobody knows who it is: one press is enough."""
    form = UnknownForm(request.POST or None, viewer=request.user, now=timezone.now())
    if form.is_valid():
        asked = {"sex": form.cleaned_data.pop("sex") or "unknown", **form.cleaned_data}
        with refusals_in(form):
            made, _again = once(request, registration.register_unidentified, word=_patient, **asked)
            messages.success(request, _("Registered as %(mrn)s.") % made)
            return redirect("patient", uid=made["id"])
    return _shown(request, "register-unknown", form)


@page("patient.register")
@require_http_methods(["GET", "POST"])
def expected(request):
    """Somebody whom an ambulance announced."""
    now = timezone.now()
    form = ExpectedForm(request.POST or None, viewer=request.user, now=now)
    if form.is_valid():
        asked = dict(form.cleaned_data)
        asked["sex"] = asked["sex"] or "unknown"
        asked["expected_at"] = now + timedelta(minutes=asked.pop("minutes"))
        with refusals_in(form):
            made, _again = once(
                request, registration.expect_patient, word=_ticket, now=now, **asked
            )
            messages.success(request, _("Expected. Ticket %(ticket)s.") % made)
            return redirect("expect-patient")
    return _shown(request, "expect-patient", form)


@page("patient.register")
@require_http_methods(["GET", "POST"])
def newborn(request, uid):
    """A child of a patient whom one cares for."""
    mother = the_one(request.user, Patient.objects.all(), uid=uid)
    now = timezone.now()
    form = NewbornForm(request.POST or None, initial={"born_at": timezone.localtime(now)})
    if form.is_valid():
        asked = {"sex": form.cleaned_data.pop("sex") or "unknown", **form.cleaned_data}
        with refusals_in(form):
            made, _again = once(
                request, registration.register_newborn, word=_patient, mother=mother, **asked
            )
            messages.success(request, _("Registered as %(mrn)s.") % made)
            return redirect("patient", uid=made["id"])
    heading = _("Newborn of %(family)s, %(given)s") % vars(mother)
    return _form_page(request, mother, form, heading, _("Register the child"))


@page("patient.change")
@require_http_methods(["GET", "POST"])
def change(request, uid):
    """Now we know who it is, or what was written down wrongly."""
    patient = the_one(request.user, Patient.objects.all(), uid=uid)
    start = {name: getattr(patient, name) for name in ("family", "given", "birth_date", "sex")}
    if not patient.identified:
        start = {"sex": patient.sex}
    form = IdentityForm(request.POST or None, initial=start)
    if form.is_valid():
        asked = {"sex": form.cleaned_data.pop("sex") or "unknown", **form.cleaned_data}
        with refusals_in(form):
            once(request, registration.identify, word=_patient, patient=patient, **asked)
            messages.success(request, _("Changed."))
            return redirect("patient", uid=uid)
    heading = _("Name and birth date") if patient.identified else _("Now we know who it is")
    return _form_page(request, patient, form, heading, _("Save"))


@page("encounter.begin")
@require_http_methods(["GET", "POST"])
def arrive(request, uid):
    """Somebody who has a record is here. The record opens by the visit, to those on shift."""
    patient = the_found(request, uid)
    now = timezone.now()
    form = ArrivalForm(request.POST or None, viewer=request.user, now=now)
    if form.is_valid():
        department = form.cleaned_data["department"]
        with refusals_in(form):
            made, _again = once(
                request,
                register_visit,
                word=_ticket,
                now=now,
                patient=patient,
                department=department,
                visit_class=registration.CLASSES.get(department.kind, Encounter.Class.AMBULATORY),
                at=now,
                complaint=form.cleaned_data["complaint"],
            )
            words = _("Arrived. Ticket %(ticket)s.") if made["ticket"] else _("Arrived.")
            messages.success(request, words % made)
            return redirect("find-patient")
    return _form_page(request, patient, form, _("Arrived"), _("They are here"), "find-patient")


@page("patients.search")
@require_GET
def likes(request):
    """Records like the one that is being typed, so that nobody gets a second one."""
    form = IdentityForm(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    hits = alike(
        request.user,
        family=asked.get("family", ""),
        given=asked.get("given", ""),
        birth_date=asked.get("birth_date"),
    )
    if hits:
        shown = [hit.patient for hit in hits]
        look(viewer=request.user, now=timezone.now(), what="patients.search", things=shown)
    context = {"hits": hits, "may": may_with(request.user)}
    return render(request, "hims/patients_alike.html", context)


def the_found(request, uid) -> Patient:
    """A patient whom a search may have shown, cared for or not; the look is kept."""
    viewer = request.user
    patients = Patient.objects.filter(merged_into=None)
    if not viewer.may("patients.search"):
        return the_one(viewer, patients, uid=uid)
    try:
        found = patients.get(uid=uid)
    except (Patient.DoesNotExist, ValidationError):
        raise NotFound("no such patient") from None
    look(viewer=viewer, now=timezone.now(), what="patients.search", things=[found])
    return found


def may_with(viewer) -> dict[str, bool]:
    """What the viewer may do with a patient that was found."""
    return {
        "break": viewer.may("glass.break"),
        "arrive": viewer.may("encounter.begin"),
        "register": viewer.may("patient.register"),
    }


def _patient(patient: Patient) -> dict:
    return {"id": str(patient.uid), "mrn": patient.mrn}


def _ticket(encounter: Encounter) -> dict:
    return {"id": str(encounter.uid), "ticket": encounter.ticket}


def _shown(request, here: str, form, *, likes: bool = False):
    context = {
        "form": form,
        "here": here,
        "tabs": TABS,
        "likes": likes and request.user.may("patients.search"),
        "key": fresh_key(),
    }
    return render(request, "hims/register.html", context, status=status_of(form))


def _form_page(request, patient, form, heading: str, submit: str, back: str = "patient"):
    context = {
        "patient": patient,
        "form": form,
        "heading": heading,
        "submit": submit,
        "back": back,
        "key": fresh_key(),
    }
    return render(request, "hims/patient_form.html", context, status=status_of(form))
