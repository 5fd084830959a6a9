"""Addresses of the stock pages."""

from django.urls import path

from . import stock, stock_work

urlpatterns = [
    path("stock/", stock.stock, name="stock"),
    path("stock/waiting/", stock.to_look_at, name="stock-waiting"),
    path("stock/expiring/", stock.expiring, name="stock-expiring"),
    path("stock/low/", stock.low, name="stock-low"),
    path("stock/products/<uuid:uid>/", stock.product, name="product"),
    path("stock/places/", stock.list_places, name="stock-places"),
    path("stock/places/<uuid:uid>/", stock.place, name="stock-place"),
    path("stock/movements/<uuid:uid>/", stock.movement, name="movement"),
    path("stock/movements/<uuid:uid>/reverse/", stock.reverse_movement, name="reverse-movement"),
    path("stock/review/", stock.review, name="stock-review"),
    path("stock/counts/<uuid:uid>/review/", stock.review_count, name="review-count"),
    path("stock/receive/", stock_work.receive, name="stock-receive"),
    path("stock/move/", stock_work.transfer, name="stock-transfer"),
    path("stock/count/", stock_work.count, name="stock-count"),
    path("stock/found/", stock_work.found, name="stock-found"),
    path("stock/waste/", stock_work.waste, name="stock-waste"),
    path("stock/waste/confirmations/<uuid:uid>/", stock_work.witness, name="stock-waste-witness"),
    path("stock/return/", stock_work.give_back, name="stock-return"),
    path("stock/set-aside/", stock_work.quarantine, name="stock-quarantine"),
    path("stock/release/", stock_work.release, name="stock-release"),
]
