"""Addresses of the first floor's API."""

from django.urls import path

from . import levels, stock

urlpatterns = [
    path("stock/", levels.Levels.as_view(), name="api-stock"),
    path("stock/suggestions/", levels.Suggestions.as_view(), name="api-stock-suggestions"),
    path("stock/receipts/", stock.Receipts.as_view(), name="api-receipts"),
    path("stock/transfers/", stock.Transfers.as_view(), name="api-transfers"),
    path("stock/counts/", stock.Counts.as_view(), name="api-counts"),
    path("stock/counts/<uuid:uid>/review/", stock.Reviews.as_view(), name="api-count-review"),
    path("stock/found/", stock.FoundStock.as_view(), name="api-found"),
    path("stock/wastes/", stock.Wastes.as_view(), name="api-wastes"),
    path(
        "stock/wastes/confirmations/",
        stock.WasteConfirmations.as_view(),
        name="api-waste-confirmations",
    ),
    path("stock/returns/", stock.Returns.as_view(), name="api-returns"),
    path("stock/quarantines/", stock.Quarantines.as_view(), name="api-quarantines"),
    path("stock/releases/", stock.Releases.as_view(), name="api-releases"),
    path("stock/lots/quarantines/", stock.LotQuarantines.as_view(), name="api-lot-quarantines"),
    path("stock/lots/releases/", stock.LotReleases.as_view(), name="api-lot-releases"),
    path("stock/reversals/", stock.Reversals.as_view(), name="api-reversals"),
]
