"""Addresses of the pages about lots, products by hand, recalls, rounds and orders."""

from django.urls import path

from . import catalogue, lots, purchases, recalls, rounds

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
    path("stock/rounds/", rounds.rounds, name="rounds"),
    path("stock/rounds/<uuid:uid>/", rounds.round_, name="round"),
    path("stock/rounds/<uuid:uid>/count/", rounds.count, name="round-count"),
    path("stock/rounds/<uuid:uid>/pick/", rounds.pick, name="round-pick"),
    path("stock/rounds/<uuid:uid>/leave/", rounds.leave, name="round-leave"),
    path("stock/rounds/<uuid:uid>/deliver/", rounds.deliver, name="round-deliver"),
    path("stock/rounds/<uuid:uid>/cancel/", rounds.cancel, name="round-cancel"),
    path("stock/purchases/", purchases.purchases, name="purchases"),
    path("stock/purchases/suggest/", purchases.suggest, name="suggest-purchases"),
    path("stock/purchases/<uuid:uid>/", purchases.purchase, name="purchase"),
    path("stock/purchases/<uuid:uid>/change/", purchases.change, name="change-purchase"),
    path("stock/purchases/<uuid:uid>/send/", purchases.send, name="send-purchase"),
    path("stock/purchases/<uuid:uid>/receive/", purchases.receive, name="receive-purchase"),
    path("stock/purchases/<uuid:uid>/cancel/", purchases.cancel, name="cancel-purchase"),
]
