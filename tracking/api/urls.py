"""Addresses of the second floor's API. Readings go past Django: see tracking.feeds.door."""

from django.urls import path

from . import assets, duress, evidence

urlpatterns = [
    path("assets/", assets.AssetList.as_view(), name="api-assets"),
    path("assets/<uuid:uid>/stays/", assets.AssetStays.as_view(), name="api-asset-stays"),
    path(
        "assets/<uuid:uid>/evidence/",
        evidence.AssetEvidence.as_view(),
        name="api-asset-evidence",
    ),
    path("assets/<uuid:uid>/state/", assets.AssetState.as_view(), name="api-asset-state"),
    path("assets/<uuid:uid>/sightings/", assets.AssetSighting.as_view(), name="api-sightings"),
    path("stays/", assets.StayList.as_view(), name="api-stays"),
    path("duress/", duress.DuressCall.as_view(), name="api-duress"),
]
