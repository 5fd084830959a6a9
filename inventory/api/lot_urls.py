"""Addresses of the API of recalls."""

from django.urls import path

from . import recalls

urlpatterns = [
    path("stock/recalls/", recalls.Recalls.as_view(), name="api-recalls"),
    path("stock/recalls/preview/", recalls.Preview.as_view(), name="api-recall-preview"),
    path("stock/recalls/<uuid:uid>/", recalls.OneRecall.as_view(), name="api-recall"),
    path(
        "stock/recalls/<uuid:uid>/withdraw/",
        recalls.Withdrawals.as_view(),
        name="api-recall-withdraw",
    ),
    path("stock/recalls/<uuid:uid>/close/", recalls.Closings.as_view(), name="api-recall-close"),
    path(
        "stock/recalls/<uuid:uid>/collections/",
        recalls.Collections.as_view(),
        name="api-recall-collect",
    ),
]
