"""Products by hand: what they are, how much a place should hold of them, and their history."""

from django import forms
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from hims.access.scopes import the_one, visible_to
from hims.queries.timeline import timeline
from hims.web.page import page
from hims.web.settings import form_page
from inventory.actions import catalogue as actions
from inventory.domain.quantities import said
from inventory.models import Par, Product, StockPlace, Supplier
from inventory.queries.stock import places

from .keyed import Amount, KeyedForm, Why


class ProductForm(KeyedForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    tall_man = forms.CharField(
        label=gettext_lazy("Name with tall-man letters"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("HYDROmorphone, so that it is not read as hydralAZINE."),
    )
    unit = forms.CharField(label=gettext_lazy("Counted in"), max_length=40)
    base_per_unit = forms.IntegerField(
        label=gettext_lazy("Smallest parts in one"),
        min_value=1,
        max_value=10_000,
        help_text=gettext_lazy("2 where halves are given, 10 where 0.1 ml is."),
    )
    storage = forms.ChoiceField(label=gettext_lazy("Kept in"), choices=Product.Storage.choices)
    schedule = forms.CharField(
        label=gettext_lazy("Controlled schedule"), max_length=20, required=False
    )
    high_alert = forms.BooleanField(label=gettext_lazy("High-alert medicine"), required=False)
    look_alike_group = forms.CharField(
        label=gettext_lazy("Look-alike group"), max_length=60, required=False
    )
    carries_expiry = forms.BooleanField(
        label=gettext_lazy("Its packs carry an expiry date in their code"), required=False
    )
    scan_required = forms.BooleanField(
        label=gettext_lazy("Each pack must be scanned"), required=False
    )
    ndc = forms.CharField(label="NDC", max_length=14, required=False)
    dmd = forms.CharField(label="dm+d", max_length=18, required=False)
    rxnorm = forms.CharField(label="RxNorm", max_length=12, required=False)
    supplier = forms.ModelChoiceField(
        label=gettext_lazy("Supplier"), queryset=Supplier.objects.order_by("name"), required=False
    )
    price = forms.DecimalField(
        label=gettext_lazy("Price of one"),
        min_value=0,
        max_digits=14,
        decimal_places=4,
        required=False,
        help_text=gettext_lazy("What one unit costs; empty where it is not known."),
    )
    active = forms.BooleanField(label=gettext_lazy("Kept in stock"), required=False)
    reason = Why()


class ParForm(KeyedForm):
    place = forms.ModelChoiceField(label=gettext_lazy("Place"), queryset=StockPlace.objects.none())
    reorder_at = Amount(label=gettext_lazy("Fill up when there is no more than"), none=True)
    par = Amount(
        label=gettext_lazy("Fill up to"),
        none=True,
        help_text=gettext_lazy("0 takes the rule away."),
    )
    reason = Why(required=False)

    def __init__(self, *args, product: Product, viewer, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["place"].queryset = places(viewer=viewer)
        for name in ("reorder_at", "par"):
            self.fields[name].product = product
            self.fields[name].label = f"{self.fields[name].label} ({product.unit})"


@page("product.change")
@require_http_methods(["GET", "POST"])
def change_product(request, uid):
    """What a product is; its code stays."""
    product = _the_product(request, uid)
    before = {name: getattr(product, name) for name in actions.CHANGEABLE}
    form = ProductForm(request.POST or None, initial=before)
    back = _page_of(product)
    if request.method == "POST" and form.is_valid():
        typed = dict(form.cleaned_data)
        if form.acted(
            request,
            actions.change_product,
            word=lambda changed: {"id": str(changed.uid)},
            product=product,
            changed={name: typed[name] for name in actions.CHANGEABLE},
            reason=typed["reason"],
        ):
            return redirect(back)
    return form_page(request, form, title=product.shown_name, submit=_("Save"), back=back)


@page("par.change")
@require_http_methods(["GET", "POST"])
def set_par(request, uid):
    """How much of it a place should hold."""
    product = _the_product(request, uid)
    place = places(viewer=request.user).filter(code=request.GET.get("place", "")[:40]).first()
    kept = product.pars.filter(place=place).first() if place else None
    initial = {"place": place}
    if kept:
        initial |= {"reorder_at": kept.reorder_at, "par": kept.par}
    form = ParForm(request.POST or None, initial=initial, product=product, viewer=request.user)
    back = _page_of(product)
    if request.method == "POST" and form.is_valid():
        typed = {name: form.cleaned_data[name] for name in ("place", "reorder_at", "par", "reason")}
        if form.acted(
            request,
            actions.set_par,
            word=lambda rule: {"par": rule.par if rule else 0},
            product=product,
            **typed,
        ):
            return redirect(back)
    title = _("How much of %(name)s") % {"name": product.shown_name}
    return form_page(request, form, title=title, submit=_("Save"), back=back)


@page("stock.view")
@require_GET
def product_history(request, uid):
    """What was changed of a product, its packs and its par levels: a page, or a fragment of one."""
    product = _the_product(request, uid)
    things = [product, *product.packs.all()]
    things += visible_to(request.user, Par.objects.filter(product=product)).select_related("place")

    def spoken(units: int) -> str:
        return said(units, product.unit, product.base_per_unit)

    words = {"par": spoken, "reorder_at": spoken, "units": spoken}
    context = {
        "product": product,
        "changes": timeline(*things, viewer=request.user, words=words),
        "now": timezone.now(),
        "may_change": request.user.may("product.change"),
        "may_set_par": request.user.may("par.change"),
    }
    fragment = request.htmx and not request.htmx.history_restore_request
    template = "hims/timeline.html" if fragment else "inventory/product_history.html"
    return render(request, template, context)


def _the_product(request, uid) -> Product:
    return the_one(request.user, Product.objects.select_related("supplier"), uid=uid)


def _page_of(product: Product) -> str:
    return reverse("product", args=[product.uid])
