"""Addresses of the reports, below reports/."""

from django.urls import include, path

from . import report_check, report_editions, report_rows, report_sign, reports

urlpatterns = [
    path("", reports.reports, name="reports"),
    path("check/", report_check.check, name="check-report"),
    path("check/file/", report_check.compare, name="compare-report"),
    path("editions/<uuid:uid>/", report_editions.edition, name="edition"),
    path("editions/<uuid:uid>/progress/", report_editions.progress, name="edition-progress"),
    path("editions/<uuid:uid>/cancel/", report_editions.cancel, name="cancel-edition"),
    path("editions/<uuid:uid>/again/", report_editions.again, name="check-again"),
    path("editions/<uuid:uid>/rows/", report_rows.rows, name="edition-rows"),
    path("editions/<uuid:uid>/sign/", report_sign.sign, name="sign-edition"),
    path("", include("hims.web.report_file_urls")),
    path("<slug:slug>/", reports.report, name="report"),
    path("<slug:slug>/ask/", reports.ask, name="ask-report"),
]
