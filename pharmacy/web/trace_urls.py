"""Addresses of what the pharmacy adds to the pages of lots and recalls."""

from django.urls import path

from . import trace

urlpatterns = [
    path("stock/lots/<uuid:uid>/given/", trace.given_of_lot, name="lot-given"),
    path("stock/recalls/<uuid:uid>/given/", trace.given_of_recall, name="recall-given"),
]
