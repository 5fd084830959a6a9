"""Addresses of the files of a report, below reports/."""

from django.urls import path

from . import report_files

urlpatterns = [
    path("editions/<uuid:uid>/rows.csv", report_files.rows_csv, name="rows-csv"),
    path("editions/<uuid:uid>/figures.csv", report_files.figures_csv, name="figures-csv"),
    path("editions/<uuid:uid>/report.xlsx", report_files.xlsx, name="xlsx"),
    path("editions/<uuid:uid>/report.pdf", report_files.pdf, name="pdf"),
]
