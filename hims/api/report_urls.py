"""Addresses below /api/reports/."""

from django.urls import path

from . import reports

urlpatterns = [
    path("", reports.Reports.as_view(), name="api-reports"),
    path("<slug:slug>/editions/", reports.Editions.as_view(), name="api-editions"),
    path("editions/<uuid:uid>/", reports.OneEdition.as_view(), name="api-edition"),
    path("editions/<uuid:uid>/rows/", reports.Rows.as_view(), name="api-edition-rows"),
    path("editions/<uuid:uid>/cancel/", reports.Cancel.as_view(), name="api-cancel-edition"),
]
