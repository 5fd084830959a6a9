"""Addresses of patients and their records, of records opened in need, and of shifts."""

from django.urls import path

from . import glass, merging, patients, records, registering, shifts

urlpatterns = [
    path("patients/", patients.list_patients, name="patients"),
    path("patients/care/", patients.begin, name="begin-care"),
    path("patients/find/", patients.find, name="find-patient"),
    path("patients/alike/", registering.likes, name="patients-alike"),
    path("patients/register/", registering.known, name="register-patient"),
    path("patients/register/unknown/", registering.unknown, name="register-unknown"),
    path("patients/register/expected/", registering.expected, name="expect-patient"),
    path("patients/<uuid:uid>/", patients.patient, name="patient"),
    path("patients/<uuid:uid>/change/", registering.change, name="change-patient"),
    path("patients/<uuid:uid>/newborn/", registering.newborn, name="register-newborn"),
    path("patients/<uuid:uid>/arrive/", registering.arrive, name="patient-arrive"),
    path("patients/<uuid:uid>/merge/", merging.merge, name="merge-patient"),
    path("patients/<uuid:uid>/in-need/", glass.break_glass, name="break-glass"),
    path("patients/<uuid:uid>/kept/", records.panel, name="patient-kept"),
    path("patients/<uuid:uid>/documents/", records.documents, name="patient-documents"),
    path("patients/<uuid:uid>/contacts/", records.contacts, name="patient-contacts"),
    path("patients/<uuid:uid>/team/", records.team, name="patient-team"),
    path("documents/<uuid:uid>/", records.document, name="document"),
    path("documents/<uuid:uid>/file/", records.document_file, name="document-file"),
    path("documents/<uuid:uid>/withdraw/", records.withdraw, name="withdraw-document"),
    path("contacts/<uuid:uid>/", records.contact, name="contact"),
    path("team/<uuid:uid>/leave/", records.leave, name="leave-team"),
    path("merges/<uuid:uid>/undo/", merging.unmerge, name="unmerge"),
    path("glass/<uuid:uid>/end/", glass.end, name="end-glass"),
    path("settings/glass/", glass.review_queue, name="glass-review"),
    path("settings/glass/<uuid:uid>/", glass.review, name="review-glass"),
    path("shifts/", shifts.my_shifts, name="shifts"),
    path("shifts/plan/", shifts.plan, name="plan-shift"),
    path("shifts/<uuid:uid>/end/", shifts.end, name="end-shift"),
]
