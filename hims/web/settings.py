"""The settings: administration through the same actions as everything else."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from .form import status_of
from .page import page
from .sections import sections_of


@page("settings.view")
@require_GET
def settings(request):
    """The sections that one may open."""
    return render(request, "hims/settings.html", {"sections": sections_of(request.user)})


def form_page(request, form, *, title, submit, back, **more):
    """One form on a page of its own; `back` is where leaving it leads."""
    context = {"form": form, "title": title, "submit": submit, "back": back, **more}
    return render(request, "hims/settings_form.html", context, status=status_of(form))


def shown_once(request, *, title, sentence, secret, back):
    """A key or password, shown this one time."""
    context = {"title": title, "sentence": sentence, "secret": secret, "back": back}
    return render(request, "hims/settings_shown_once.html", context)
