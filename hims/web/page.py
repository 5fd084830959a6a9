"""The page decorator and the frame around every page."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise

from hims.access.roles import ROLE_NAMES, Role
from hims.errors import Forbidden
from hims.queries.alerts import bell_of
from hims.queries.glass import open_glass

PUBLIC = "public"


def page(permission: str) -> Callable:
    """Make a view a page for those who hold `permission` (or PUBLIC, for nobody in particular)."""

    def wrap(view: Callable) -> Callable:
        @functools.wraps(view)
        def run(request, *args, **kwargs):
            if permission != PUBLIC:
                if not request.user.is_authenticated:
                    return _to_sign_in(request)
                if not request.user.may(permission):
                    raise Forbidden(permission)
            return view(request, *args, **kwargs)

        run.permission = permission
        return run

    return wrap


def _to_sign_in(request) -> HttpResponse:
    if getattr(request, "htmx", False):
        answer = HttpResponse(status=401)
        answer["HX-Redirect"] = reverse("sign-in")
        return answer
    return redirect_to_login(request.get_full_path())


FIRST = {
    Role.PORTER: ("home", "locate", "map", "scan", "rooms"),
    Role.NURSE: ("home", "board", "patients", "locate", "beds"),
    Role.CHARGE_NURSE: ("home", "board", "beds", "alerts", "locate", "reports"),
    Role.PHYSICIAN: ("home", "board", "patients", "orders", "appointments"),
    Role.PHARMACIST: ("home", "counter", "orders", "stock", "patients", "reports"),
    Role.PHARMACY_TECHNICIAN: ("home", "counter", "stock", "scan", "locate"),
    Role.BIOMEDICAL_ENGINEER: ("home", "locate", "assets", "map", "alerts", "reports"),
    Role.RECEPTIONIST: ("home", "board", "patients", "appointments", "alerts"),
    Role.CLEANER: ("home", "cleaning", "rooms", "locate", "alerts"),
    Role.MANAGER: ("home", "reports", "board", "beds", "alerts"),
    Role.PRIVACY_OFFICER: ("home", "audit", "reports", "patients", "alerts"),
    Role.ADMINISTRATOR: ("home", "settings", "inbox", "assets", "map"),
}
"""What a role needs most: these come first, and are the bar at the bottom of a phone."""


@dataclass(frozen=True)
class Place:
    """One entry of the navigation: where it leads, what it is called, who sees it. `order` is
    that of the areas of work, after what the viewer's role needs most."""

    order: int
    url_name: str
    label: str | Promise
    icon: str
    permission: str


_places: list[Place] = []


def register_place(place: Place) -> None:
    """Hand down a navigation entry; each app does so when it is ready."""
    _places.append(place)
    _places.sort(key=lambda entry: entry.order)


def _in_order_of(actor) -> list[Place]:
    first = FIRST.get(Role(actor.roles[0]), ()) if actor.roles else ()
    ranks = {name: rank for rank, name in enumerate(first)}
    return sorted(_places, key=lambda place: (ranks.get(place.url_name, len(ranks)), place.order))


def navigation_of(actor, path: str) -> list[dict]:
    """The entries that `actor` may open, with `current` set on the one that `path` lies in."""
    entries = []
    for place in _in_order_of(actor):
        if not actor.may(place.permission):
            continue
        try:
            url = reverse(place.url_name)
        except NoReverseMatch:
            continue
        here = path == url or (url != "/" and path.startswith(url))
        entries.append({"url": url, "label": place.label, "icon": place.icon, "current": here})
    # One place may lie within another: the page is in the inner one.
    inmost = max((entry["url"] for entry in entries if entry["current"]), key=len, default="")
    return [entry | {"current": entry["url"] == inmost} for entry in entries]


_callers: list[tuple[Callable, str]] = []


def register_caller(count: Callable, url_name: str) -> None:
    """Hand down what may call for everybody's attention: `count(viewer)` of what is open now, and
    the page that shows it. The bell in the frame leads to the first that has any."""
    _callers.append((count, url_name))


def calls_for(actor) -> dict | None:
    """What the bell shows: how many are open, and where."""
    for count, url_name in _callers:
        if open_now := count(actor):
            return {"count": open_now, "url": reverse(url_name)}
    return None


def frame(request) -> dict:
    """Context processor: what the frame shows on every page."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"navigation": [], "phone": getattr(request, "phone", None)}
    return {
        "navigation": navigation_of(user, request.path),
        "phone": request.phone,
        "alerts": calls_for(user),
        "calling": bell_of(user),
        "open_glass": _open_glass(user),
        "role_names": ", ".join(str(ROLE_NAMES[role]) for role in user.roles),
    }


def _open_glass(user) -> list:
    """Records that the viewer opened in need, with the minutes that are left: a banner each."""
    if not user.may("glass.end"):
        return []
    now = timezone.now()
    broken = list(open_glass(user, now))
    for one in broken:
        one.minutes_left = ceil((one.ends_at - now).total_seconds() / 60)
    return broken
