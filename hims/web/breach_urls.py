"""Addresses of breaches, and of the targets, citations and schedules of reports."""

from django.urls import path

from . import breaches, report_rules

urlpatterns = [
    path("reports/breaches/", breaches.breaches, name="breaches"),
    path("reports/breaches/<uuid:uid>/", breaches.breach, name="breach"),
    path("reports/breaches/<uuid:uid>/own/", breaches.own, name="own-breach"),
    path("reports/breaches/<uuid:uid>/plan/", breaches.plan, name="plan-breach"),
    path("reports/breaches/<uuid:uid>/done/", breaches.finish, name="finish-breach"),
    path("reports/breaches/<uuid:uid>/close/", breaches.close, name="close-breach"),
    path("settings/reports/", report_rules.rules, name="report-rules"),
    path("settings/reports/schedules/", report_rules.schedules, name="report-schedules"),
    path("settings/reports/targets/<uuid:uid>/", report_rules.change_target, name="report-rule"),
    path(
        "settings/reports/timed/<uuid:uid>/", report_rules.change_schedule, name="report-schedule"
    ),
    path("settings/reports/<slug:slug>/target/", report_rules.add_target, name="add-report-rule"),
    path("settings/reports/<slug:slug>/citation/", report_rules.citation, name="report-citation"),
    path(
        "settings/reports/<slug:slug>/schedule/",
        report_rules.add_schedule,
        name="add-report-schedule",
    ),
]
