"""Settings: tags and what they are fastened to."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one
from hims.web.form import refusals_in
from hims.web.page import page
from hims.web.settings import form_page
from tracking.actions import tags as actions
from tracking.models import Tag
from tracking.queries.tags import MOST_FOUND, bearer_words, bearers_found, tags, worn_now

A_PAGE = 50


class TagForm(forms.Form):
    address = forms.CharField(
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("As printed on the tag, in any spelling; or scan it."),
        max_length=80,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    technology = forms.ChoiceField(
        label=gettext_lazy("Kind of tag"), choices=Tag.Technology.choices
    )
    model = forms.CharField(label=gettext_lazy("Model"), max_length=80, required=False)


class BearerForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Fasten it to"),
        choices=[
            ("asset", gettext_lazy("equipment")),
            ("patient", gettext_lazy("a patient")),
            ("staff", gettext_lazy("a member of staff")),
        ],
    )
    words = forms.CharField(
        label=gettext_lazy("Number or name"),
        help_text=gettext_lazy("A patient only by the whole number on the wristband."),
        max_length=120,
        widget=forms.TextInput(
            {"autocomplete": "off", "spellcheck": "false", "data-scan-field": True}
        ),
    )
    bearer = forms.UUIDField(required=False, widget=forms.HiddenInput)


@page("tags.view")
@require_GET
def list_tags(request):
    """Tags and their bearers, searched by words, a page at a time."""
    q = request.GET.get("q", "").strip()[:200]
    free = request.GET.get("free") == "1"
    all_found = tags(request.user, q, free=free).order_by("-pk")
    found = Paginator(all_found, A_PAGE).get_page(request.GET.get("page"))
    words = bearer_words(request.user, [worn for tag in found for worn in tag.worn])
    for tag in found:
        tag.worn_by = words[tag.worn[0].pk] if tag.worn else ""
    context = {
        "q": q,
        "free": free,
        "found": found,
        "now": timezone.now(),
        "may_add": request.user.may("tag.add"),
    }
    return render(request, "tracking/tags.html", context)


@page("tag.add")
def add_tag(request):
    form = TagForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            tag = actions.add_tag(actor=request.user, now=timezone.now(), **form.cleaned_data)
            return redirect("tag", uid=tag.uid)
    title, submit = _("Add a tag"), _("Add this tag")
    return form_page(request, form, title=title, submit=submit, back=reverse("tags"))


@page("tags.view")
@require_GET
def one_tag(request, uid):
    """One tag: its bearer, or whom to fasten it to."""
    return _tag_shown(request, _the_tag(request, uid), BearerForm())


@require_POST
@page("tag.assign")
def assign(request, uid):
    """Fasten the tag: one match is taken, several are shown to choose from."""
    tag = _the_tag(request, uid)
    form = BearerForm(request.POST)
    if not form.is_valid():
        return _tag_shown(request, tag, form, status=400)
    asked = form.cleaned_data
    found = bearers_found(request.user, asked["kind"], asked["words"])
    if asked["bearer"]:
        found = [bearer for bearer in found if bearer.uid == asked["bearer"]]
    if not found:
        form.add_error("words", _("There is nothing of this number or name."))
        return _tag_shown(request, tag, form, status=400)
    if len(found) > 1:
        return _tag_shown(request, tag, form, choices=found)
    with refusals_in(form):
        actions.assign_tag(actor=request.user, now=timezone.now(), tag=tag, bearer=found[0])
        messages.success(request, _("The tag is fastened."))
        return redirect("tag", uid=uid)
    return _tag_shown(request, tag, form, status=409)


@require_POST
@page("tag.release")
def release(request, uid):
    """Take the tag off its bearer."""
    tag = _the_tag(request, uid)
    actions.release_tag(
        actor=request.user,
        now=timezone.now(),
        tag=tag,
        reason=request.POST.get("reason", "").strip()[:500],
    )
    messages.success(request, _("Nobody wears this tag now."))
    return redirect("tag", uid=uid)


def _the_tag(request, uid) -> Tag:
    return the_one(request.user, Tag.objects.select_related("health"), uid=uid)


def _tag_shown(request, tag: Tag, form: BearerForm, *, choices=(), status: int = 200):
    worn = worn_now(tag)
    context = {
        "tag": tag,
        "worn_by": bearer_words(request.user, [worn])[worn.pk] if worn else "",
        "worn_since": worn.period.lower if worn else None,
        "form": form,
        "choices": [
            {"uid": bearer.uid, "number": _number(bearer), "name": str(bearer)}
            for bearer in choices
        ],
        "choices_left_out": len(choices) == MOST_FOUND,
        "now": timezone.now(),
        "may_assign": request.user.may("tag.assign"),
        "may_release": request.user.may("tag.release"),
    }
    return render(request, "tracking/tags_one.html", context, status=status)


def _number(bearer) -> str:
    return getattr(bearer, "number", "") or getattr(bearer, "mrn", "")
