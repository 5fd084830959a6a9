"""A page of things to try, for whoever looks at the demonstration for the first time."""

from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hims.web.page import page

from .stories import stories


@page("pharmacy.view")
@require_GET
def things_to_try(request):
    """The stories of the counter, with codes to scan; not there in production."""
    if settings.PRODUCTION:
        raise Http404
    return render(request, "hims/things_to_try.html", {"stories": stories()})
