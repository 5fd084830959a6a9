"""Which browser somebody sits at: a random mark, kept for a year, that names nobody.

A second person's confirmation must come from another device than the first person's question.
"""

import hashlib
import secrets

from django.conf import settings

BROWSER_COOKIE = "hims_browser"
KEPT_S = 365 * 24 * 3600


class BrowserMiddleware:
    """Sets `request.browser`, the same for all sessions of one browser, whoever signs in there."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        mark = request.COOKIES.get(BROWSER_COOKIE, "")
        fresh = "" if len(mark) >= 32 else secrets.token_urlsafe(32)
        request.browser = hashlib.sha256((mark or fresh)[:200].encode()).hexdigest()
        response = self.get_response(request)
        user = getattr(request, "user", None)  # none where a program's key was refused
        if fresh and user is not None and user.is_authenticated:
            response.set_cookie(
                BROWSER_COOKIE,
                fresh,
                max_age=KEPT_S,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Strict",
            )
        return response
