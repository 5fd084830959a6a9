"""A page of things to try, for whoever looks at the demonstration for the first time."""

from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from hims.web.page import page

from . import stories, stories_flow, stories_reports


@never_cache
@page("home.view")
@require_GET
def things_to_try(request):
    """The stories, with codes to scan; not there in production."""
    if settings.PRODUCTION:
        raise Http404
    parts = [
        (_("Patients and rooms"), stories_flow.stories(request.user)),
        (_("At the pharmacy's counter"), stories.stories()),
        (_("Numbers that managers sign"), stories_reports.stories()),
    ]
    parts = [(title, found) for title, found in parts if found]
    return render(request, "hims/things_to_try.html", {"parts": parts})
