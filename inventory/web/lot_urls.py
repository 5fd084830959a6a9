"""Addresses of the pages about lots, products by hand, recalls, rounds and orders."""

from django.urls import path

from . import catalogue, lots, recalls

urlpatterns = [
    path("stock/lots/<uuid:uid>/", lots.lot, name="lot"),
    path("stock/lots/<uuid:uid>/movements/", lots.movements, name="lot-movements"),
    path("stock/lots/<uuid:uid>/change/", lots.change_lot, name="change-lot"),
    path("stock/products/<uuid:uid>/change/", catalogue.change_product, name="change-product"),
    path("stock/products/<uuid:uid>/par/", catalogue.set_par, name="set-par"),
    path("stock/products/<uuid:uid>/history/", catalogue.product_history, name="product-history"),
    path("stock/recalls/", recalls.recalls, name="recalls"),
    path("stock/recalls/new/", recalls.new_recall, name="new-recall"),
    path("stock/recalls/<uuid:uid>/", recalls.recall, name="recall"),
    path("stock/recalls/<uuid:uid>/fetch/", recalls.fetch, name="fetch-recalled"),
    path("stock/recalls/<uuid:uid>/withdraw/", recalls.withdraw, name="withdraw-recall"),
    path("stock/recalls/<uuid:uid>/close/", recalls.close, name="close-recall"),
]
