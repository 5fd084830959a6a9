"""Shared phones: whoever may makes the phone in the hand one that badge and PIN open."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import BACKEND_SESSION_KEY
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hims.access.scopes import visible_to
from hims.actions.devices import PHONE_ENROLLED_FOR, enrol_phone
from hims.models import Zone

from .door import PHONE_COOKIE
from .form import PlaceChoice, refusals_in, status_of
from .page import page

BY_PASSWORD = "hims.access.backends.Password"  # noqa: S105  (the path of a backend)


class PhoneForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("What is this phone called?"),
        help_text=gettext_lazy("As it is written on its back, for example Phone 3 B 2."),
        max_length=80,
    )
    zone = PlaceChoice(
        label=gettext_lazy("Where does it belong?"),
        queryset=Zone.objects.none(),
        required=False,
        empty_label=gettext_lazy("No ward"),
    )

    def __init__(self, *args, viewer, **kwargs):
        super().__init__(*args, **kwargs)
        wards = Zone.objects.select_related("floor").filter(
            kind__in=[Zone.Kind.AREA, Zone.Kind.WARD]
        )
        self.fields["zone"].queryset = visible_to(viewer, wards).order_by("name")


@page("phone.enrol")
def enrol(request):
    """Enrol this very phone. It takes a password session: a PIN opens phones, it makes none."""
    if request.session.get(BACKEND_SESSION_KEY) != BY_PASSWORD:
        return render(request, "hims/phones.html", {"needs_password": True}, status=403)
    form = PhoneForm(request.POST or None, viewer=request.user)
    if request.method == "POST" and request.phone is None and form.is_valid():
        with refusals_in(form):
            device, secret = enrol_phone(
                actor=request.user, now=timezone.now(), **form.cleaned_data
            )
            request.session["phone"] = device.actor_id
            messages.success(request, _("This phone is enrolled. Badge and PIN open it now."))
            answer = redirect("me")
            answer.set_cookie(
                PHONE_COOKIE,
                secret,
                max_age=PHONE_ENROLLED_FOR,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Strict",
            )
            return answer
    return render(request, "hims/phones.html", {"form": form}, status=status_of(form))
