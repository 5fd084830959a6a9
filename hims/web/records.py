"""What a patient's record keeps: visits, documents, contacts with consent, and the care team."""

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hims.access.scopes import the_one
from hims.action import look
from hims.actions import records as actions
from hims.errors import Refused
from hims.models import Actor, CareTeamMember, Document, Patient, PatientContact
from hims.queries import records

from .form import fresh_key, once, refusals_in, status_of
from .page import page

FEW = 3


class DocumentForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=160)
    kind = forms.CharField(
        label=gettext_lazy("Kind"),
        max_length=60,
        required=False,
        widget=forms.TextInput({"list": "document-kinds", "autocomplete": "off"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Text"), required=False, widget=forms.Textarea({"rows": 6})
    )
    file = forms.FileField(
        label=gettext_lazy("Or a file"),
        help_text=gettext_lazy("PDF, PNG, JPEG or text, up to 8 MB."),
        required=False,
    )


class ContactForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=160)
    relationship = forms.CharField(
        label=gettext_lazy("Who are they to the patient?"), max_length=60, required=False
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput({"inputmode": "tel"}),
    )
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    emergency = forms.BooleanField(label=gettext_lazy("Call in an emergency"), required=False)
    consented = forms.BooleanField(
        label=gettext_lazy("The patient agrees that they are told"), required=False
    )


class MemberForm(forms.Form):
    person = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=80,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    part = forms.CharField(label=gettext_lazy("As what?"), max_length=60, required=False)

    def clean_person(self) -> Actor:
        people = Actor.objects.filter(kind=Actor.Kind.PERSON, is_active=True)
        found = people.filter(username=self.cleaned_data["person"].strip()).first()
        if found is None:
            raise forms.ValidationError(_("Nobody signs in by this name."))
        return found


@page("patients.view")
@require_GET
def panel(request, uid):
    """Visits, care team, contacts and the latest documents: a part of the patient's page."""
    patient = the_one(request.user, Patient.objects.all(), uid=uid)
    viewer = request.user
    context = {
        "patient": patient,
        "now": timezone.now(),
        "visits": list(records.visits(viewer, patient)[:FEW]),
        "team": list(records.care_team(viewer, patient)),
        "contacts": list(records.contacts(viewer, patient)),
        "documents": list(records.documents(viewer, patient)[:FEW]),
        "may_read": viewer.may("documents.view"),
    }
    return render(request, "hims/patient_kept.html", context)


@page("documents.view")
@require_http_methods(["GET", "POST"])
def documents(request, uid):
    """The documents, a search in their words, and the form that adds one."""
    patient = the_one(request.user, Patient.objects.all(), uid=uid)
    form = DocumentForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        asked = dict(form.cleaned_data)
        file = asked.pop("file")
        asked["content"] = file.read(actions.LARGEST + 1) if file else b""
        if older := request.POST.get("supersedes"):
            asked["supersedes"] = the_one(request.user, Document.objects.all(), uid=older)
        with refusals_in(form):
            once(request, actions.add_document, word=_done, patient=patient, **asked)
            messages.success(request, _("The document is kept."))
            return redirect("patient-documents", uid=uid)
    now = timezone.now()
    look(viewer=request.user, now=now, what="document.list", things=[patient])
    words = request.GET.get("q", "").strip()[:200]
    context = {
        "patient": patient,
        "now": now,
        "words": words,
        "documents": records.documents(request.user, patient, words),
        "form": form,
        "may_add": request.user.may("document.add"),
        "key": fresh_key(),
    }
    return render(request, "hims/patient_documents.html", context, status=status_of(form))


@page("documents.view")
@require_GET
def document(request, uid):
    """One document: its text, its file, what it took the place of."""
    found = the_one(
        request.user, Document.objects.select_related("patient", "added_by", "supersedes"), uid=uid
    )
    now = timezone.now()
    look(viewer=request.user, now=now, what="document.look", things=[found, found.patient])
    context = {
        "document": found,
        "patient": found.patient,
        "newer": Document.objects.filter(supersedes=found).first(),
        "now": now,
        "may_add": request.user.may("document.add"),
        "may_withdraw": request.user.may("document.withdraw"),
        "key": fresh_key(),
    }
    return render(request, "hims/document.html", context)


@page("documents.view")
@require_GET
def document_file(request, uid):
    """The file as it came: to be saved, never shown by the browser as if it were a page of ours."""
    found = the_one(request.user, Document.objects.select_related("patient"), uid=uid)
    if not found.file:
        raise Http404
    look(
        viewer=request.user,
        now=timezone.now(),
        what="document.file",
        things=[found, found.patient],
    )
    return FileResponse(
        found.file.open("rb"),
        as_attachment=True,
        filename=found.file.name.rsplit("/", 1)[-1],
        content_type=found.content_type,
        headers={"X-Content-Type-Options": "nosniff"},
    )


@page("document.withdraw")
@require_POST
def withdraw(request, uid):
    found = the_one(request.user, Document.objects.select_related("patient"), uid=uid)
    asked = {"document": found, "reason": request.POST.get("reason", "")[:200]}
    _pressed(request, actions.withdraw_document, _("Withdrawn. It stays marked so."), **asked)
    return redirect("document", uid=uid)


@page("patients.view")
@require_http_methods(["GET", "POST"])
def contacts(request, uid):
    """Who may be told of the patient, and what the patient agreed to."""
    patient = the_one(request.user, Patient.objects.all(), uid=uid)
    may_change = request.user.may("contact.change")
    form = ContactForm(request.POST or None if may_change else None)
    if form.is_valid():
        with refusals_in(form):
            once(request, actions.add_contact, word=_done, patient=patient, **form.cleaned_data)
            messages.success(request, _("The contact is kept."))
            return redirect("patient-contacts", uid=uid)
    now = timezone.now()
    look(viewer=request.user, now=now, what="contact.look", things=[patient])
    context = {
        "patient": patient,
        "now": now,
        "contacts": records.contacts(request.user, patient),
        "form": form,
        "may_change": may_change,
        "key": fresh_key(),
    }
    return render(request, "hims/patient_contacts.html", context, status=status_of(form))


CONTACT_PRESSES = {
    "agree": (actions.consent, gettext_lazy("Agreed.")),
    "withdraw": (actions.withdraw_consent, gettext_lazy("They are not told any more.")),
    "end": (actions.end_contact, gettext_lazy("Taken off the list.")),
}


@page("contact.change")
@require_POST
def contact(request, uid):
    """Consent given or withdrawn, or no contact any more."""
    found = the_one(request.user, PatientContact.objects.select_related("patient"), uid=uid)
    action, said = CONTACT_PRESSES.get(request.POST.get("do", ""), (None, ""))
    if action is not None:
        _pressed(request, action, said, contact=found)
    return redirect("patient-contacts", uid=found.patient.uid)


@page("patients.view")
@require_http_methods(["GET", "POST"])
def team(request, uid):
    """Who cares for the patient, until they leave the team."""
    patient = the_one(request.user, Patient.objects.all(), uid=uid)
    may_change = request.user.may("care_team.change")
    sent = request.POST if may_change and request.method == "POST" else None
    if sent is not None and "me" in sent:
        said = _("You are of the team.")
        _pressed(request, actions.join_care_team, said, patient=patient, person=request.user)
        return redirect("patient-team", uid=uid)
    form = MemberForm(sent)
    if form.is_valid():
        with refusals_in(form):
            once(request, actions.join_care_team, word=_done, patient=patient, **form.cleaned_data)
            messages.success(request, _("They are of the team."))
            return redirect("patient-team", uid=uid)
    members = list(records.care_team(request.user, patient))
    context = {
        "patient": patient,
        "now": timezone.now(),
        "team": members,
        "mine": any(one.actor_id == request.user.pk for one in members),
        "form": form,
        "may_change": may_change,
        "key": fresh_key(),
    }
    return render(request, "hims/patient_team.html", context, status=status_of(form))


@page("care_team.change")
@require_POST
def leave(request, uid):
    """Oneself or another is of the team no more."""
    found = the_one(request.user, CareTeamMember.objects.select_related("patient"), uid=uid)
    _pressed(request, actions.leave_care_team, _("They left the team."), member=found)
    if found.actor_id == request.user.pk:
        return redirect("patients")  # the record may be closed to them now
    return redirect("patient-team", uid=found.patient.uid)


def _pressed(request, action, said, /, **asked) -> None:
    """One button that does one thing; what came of it is said on the next page."""
    try:
        once(request, action, word=_done, **asked)
        messages.success(request, said)
    except Refused as refused:
        messages.error(request, str(refused))


def _done(thing) -> dict:
    return {"id": str(thing.uid)}
