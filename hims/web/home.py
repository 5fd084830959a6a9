"""The start page of one's role: the thing done most is the biggest control."""

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hims.access.roles import Role

from .page import navigation_of, page
from .report_home import stands

FIRST_BY_ROLE = {
    Role.PRIVACY_OFFICER: "/trail/",
    Role.ADMINISTRATOR: "/settings/",
    Role.BIOMEDICAL_ENGINEER: "/assets/",
    Role.CLEANER: "/flow/cleaning/",
}


@page("home.view")
@require_GET
def home(request):
    """A greeting, one field to find things, and one's places; the first of them is the biggest.
    Those who answer for numbers see how these stand."""
    places = [place for place in navigation_of(request.user, request.path) if place["url"] != "/"]
    first = next((FIRST_BY_ROLE[role] for role in request.user.roles if role in FIRST_BY_ROLE), "")
    places.sort(key=lambda place: place["url"] != first)
    context = {
        "greeting": _greeting(timezone.localtime().hour),
        "places": places,
        "finds_first": not first,
        "things_to_try": request.user.demonstration,
        "reports_first": Role.MANAGER in request.user.roles,
        "reports": stands(request.user) if request.user.may("reports.view") else None,
    }
    return render(request, "hims/home.html", context)


def _greeting(hour: int) -> str:
    if 5 <= hour < 12:
        return _("Good morning")
    if 12 <= hour < 18:
        return _("Good afternoon")
    return _("Good evening")
