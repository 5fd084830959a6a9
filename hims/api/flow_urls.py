"""Addresses below /api/flow/."""

from django.urls import path

from .encounters import Encounters, Milestones, OneEncounter, OneMilestone

urlpatterns = [
    path("encounters/", Encounters.as_view(), name="api-encounters"),
    path("encounters/<uuid:uid>/", OneEncounter.as_view(), name="api-encounter"),
    path("encounters/<uuid:uid>/milestones/", Milestones.as_view(), name="api-milestones"),
    path(
        "encounters/<uuid:uid>/milestones/<int:number>/",
        OneMilestone.as_view(),
        name="api-milestone",
    ),
]
