"""Scanning things into a room: the evidence that needs no radio, and waits without a network."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from hims.web.page import page
from tracking.web import rooms


@page("scan.record")
@require_GET
def scan(request):
    """The page of scan-page.js, which posts to /api/scans/ and keeps what could not be sent."""
    return render(request, "tracking/scan.html", {"rooms": rooms.offered(request.user)})
