"""The formulary: what products are as medicines, and the ingredients with their classes."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from hims.access.scopes import the_one
from hims.queries.timeline import timeline
from hims.web.form import fresh_key, once, refusals_in, status_of
from hims.web.page import page
from pharmacy.actions import formulary as actions
from pharmacy.domain.doses import plain
from pharmacy.models import Ingredient, Medicine
from pharmacy.queries.knowledge import medicines

A_PAGE = 50


class MedicineForm(forms.Form):
    form = forms.CharField(label=gettext_lazy("Form"), max_length=60)
    strengths = forms.CharField(
        label=gettext_lazy("Strength in one unit of the product"),
        help_text=gettext_lazy("One ingredient a line: amoxicillin 500 mg"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
    )
    routes = forms.CharField(
        label=gettext_lazy("Routes"),
        help_text=gettext_lazy("Apart by commas: oral, enteral"),
        max_length=300,
        required=False,
    )
    substitution_group = forms.CharField(
        label=gettext_lazy("Substitution group"),
        help_text=gettext_lazy("Products of one group may stand in for each other."),
        max_length=80,
        required=False,
    )
    label_text = forms.CharField(
        label=gettext_lazy("Caution on the label"), max_length=300, required=False
    )
    on_formulary = forms.BooleanField(label=gettext_lazy("On the formulary"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Why is it changed?"), max_length=300, required=False
    )

    def clean_strengths(self) -> list[tuple[Ingredient, str, str]]:
        lines = [line.split() for line in self.cleaned_data["strengths"].splitlines()]
        found = []
        for words in (line for line in lines if line):
            name = " ".join(words[:-2])
            ingredient = Ingredient.objects.filter(name__iexact=name).first() if name else None
            if ingredient is None:
                said = _("“%(line)s” does not begin with an ingredient of the formulary.")
                raise forms.ValidationError(said % {"line": " ".join(words)})
            found.append((ingredient, words[-2], words[-1]))
        return found

    def clean_routes(self) -> list[str]:
        return [route.strip() for route in self.cleaned_data["routes"].split(",") if route.strip()]


class IngredientForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    classes = forms.CharField(
        label=gettext_lazy("Classes"),
        help_text=gettext_lazy("Apart by commas: penicillins, beta-lactams"),
        max_length=600,
        required=False,
    )
    rxnorm = forms.CharField(label=gettext_lazy("RxNorm code"), max_length=12, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Why is it changed?"), max_length=300, required=False
    )

    def clean_classes(self) -> list[str]:
        return [name.strip() for name in self.cleaned_data["classes"].split(",") if name.strip()]


@page("orders.view")
@require_GET
def formulary(request):
    """The medicines by name."""
    q = request.GET.get("q", "").strip()[:120]
    found = Paginator(medicines(request.user, q), A_PAGE).get_page(request.GET.get("page"))
    context = {"q": q, "found": found, "may_change": request.user.may("formulary.change")}
    return render(request, "pharmacy/formulary.html", context)


@page("formulary.change")
def medicine(request, uid):
    """What one product is as a medicine."""
    rows = Medicine.objects.select_related("product").prefetch_related("strengths__ingredient")
    found = the_one(request.user, rows, uid=uid)
    parts = found.strengths.all()
    initial = {
        "form": found.form,
        "strengths": "\n".join(
            f"{one.ingredient.name} {plain(one.amount)} {one.unit}" for one in parts
        ),
        "routes": ", ".join(found.routes),
        "substitution_group": found.substitution_group,
        "label_text": found.label_text,
        "on_formulary": found.on_formulary,
    }
    form = MedicineForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            once(
                request,
                actions.describe_medicine,
                word=_done,
                product=found.product,
                **form.cleaned_data,
            )
            messages.success(request, _("The formulary is changed."))
            return redirect("formulary")
    return _form(request, form, found.product.shown_name, found, [one.ingredient for one in parts])


@page("formulary.change")
def add_ingredient(request):
    form = IngredientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            once(request, actions.set_ingredient, word=_done, **form.cleaned_data)
            messages.success(request, _("The ingredient is added."))
            return redirect("formulary")
    return _form(request, form, _("An ingredient"))


@page("formulary.change")
def ingredient(request, uid):
    """One ingredient with its classes: what allergies, interactions and duplicates go by."""
    found = the_one(request.user, Ingredient.objects.all(), uid=uid)
    initial = {"name": found.name, "classes": ", ".join(found.classes), "rxnorm": found.rxnorm}
    form = IngredientForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            once(request, actions.set_ingredient, word=_done, ingredient=found, **form.cleaned_data)
            messages.success(request, _("The ingredient is changed."))
            return redirect("formulary")
    return _form(request, form, found.name, found)


def _done(_result) -> dict:
    return {"done": True}


def _form(request, form: forms.Form, title: str, found=None, ingredients=()):
    context = {
        "form": form,
        "title": title,
        "ingredients": ingredients,
        "changes": timeline(found, viewer=request.user) if found else None,
        "now": timezone.now(),
        "key": fresh_key(),
    }
    return render(request, "pharmacy/formulary_form.html", context, status=status_of(form))
