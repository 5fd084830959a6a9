"""The pages for what Django itself finds wrong: no such address, a malformed request, a fault."""

from django.http import HttpResponseServerError, JsonResponse
from django.template import loader
from django.utils.translation import gettext as _

from .door import say


def _answer(request, status: int, title: str, sentence: str):
    if request.path.startswith("/api/"):
        body = {"type": "about:blank", "title": title, "status": status, "detail": str(sentence)}
        return JsonResponse(body, status=status, content_type="application/problem+json")
    return say(request, status, sentence)


def not_found(request, exception=None):
    return _answer(request, 404, "Not found", _("There is no page at this address."))


def forbidden(request, exception=None):
    return _answer(request, 403, "Forbidden", _("You may not do or see this."))


def bad_request(request, exception=None):
    return _answer(request, 400, "Not understood", _("The request could not be understood."))


def broken(request):
    """Rendered without a context processor or a query: whatever broke may be what those need."""
    if request.path.startswith("/api/"):
        body = {"type": "about:blank", "title": "Fault", "status": 500}
        return JsonResponse(body, status=500, content_type="application/problem+json")
    return HttpResponseServerError(loader.get_template("hims/broken.html").render())
