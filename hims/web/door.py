"""What every page request passes: where it came from, on which phone, and how a "no" is said."""

import secrets

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _

from hims import gate
from hims.access import keys
from hims.errors import Busy, Forbidden, NotFound, Refused
from hims.models import Actor

PHONE_COOKIE = "hims_phone"


class OriginMiddleware:
    """Names the door and the request for the trail; personal pages are never cached."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.request_id = secrets.token_hex(8)
        door = "api" if request.path.startswith("/api/") else "web"
        with gate.coming_from(door, request.request_id):
            response = self.get_response(request)
        response.headers.setdefault("X-Request-ID", request.request_id)
        if "Cache-Control" not in response.headers:
            patch_cache_control(response, no_store=True, private=True)
        patch_vary_headers(response, ["Cookie", "HX-Request"])
        return response


class PhoneMiddleware:
    """Knows an enrolled phone by its cookie; a session begun on a revoked phone ends."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.phone = None
        if secret := request.COOKIES.get(PHONE_COOKIE):
            key = keys.open_key(secret, timezone.now())
            if key and getattr(key.actor, "device", None) and key.actor.device.kind == "phone":
                request.phone = key.actor
        started_on = request.session.get("phone")
        if started_on and (request.phone is None or request.phone.pk != started_on):
            request.session.flush()
        return self.get_response(request)


class HouseErrorMiddleware:
    """The one translation of the house's errors into pages."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if _holds_nul(request):
            raise BadRequest("a NUL character, which no text of ours can hold")
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, Forbidden):
            return say(request, 403, _("You may not do or see this."))
        if isinstance(exception, NotFound):
            return say(request, 404, _("There is nothing here, or it is not yours to see."))
        if isinstance(exception, Refused):
            return say(request, 409, _("This was not done."), exception.findings)
        if isinstance(exception, Busy):
            response = say(request, 503, str(exception))
            response["Retry-After"] = str(exception.retry_after)
            return response
        return None


def _holds_nul(request) -> bool:
    """Whether a NUL is in the address or in a plain form: PostgreSQL keeps none."""
    if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
        return True
    return request.content_type == "application/x-www-form-urlencoded" and b"%00" in request.body


def say(request, status: int, sentence: str, findings=()) -> HttpResponse:
    """A page (or, for htmx, a fragment) that says what happened and what to do."""
    template = "hims/said.html" if getattr(request, "htmx", False) else "hims/error.html"
    context = {"status": status, "sentence": sentence, "findings": findings}
    return render(request, template, context, status=status)


def who_tried(request, credentials=None) -> str | None:
    """Whose account a wrong try counts against: the user name, also where a badge was read."""
    shown = credentials or {}
    if badge := shown.get("badge"):
        holder = Actor.objects.filter(badge=badge).values_list("username", flat=True).first()
        return holder or f"badge {badge}"[:80]
    return shown.get("username")


def csrf_failed(request, reason=""):
    return say(
        request, 403, _("This page was open for too long. Go back, reload it and try again.")
    )


def locked_out(request, response=None, credentials=None, *args, **kwargs):
    """Too many wrong passwords or PINs from one place."""
    minutes = int(settings.AXES_COOLOFF_TIME * 60)
    return say(
        request,
        429,
        _("Too many wrong tries. Wait %(minutes)s minutes, or ask an administrator.")
        % {"minutes": minutes},
    )
