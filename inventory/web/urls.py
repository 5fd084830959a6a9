"""Addresses of the pages of this floor."""

from django.urls import include, path

from . import assets

urlpatterns = [
    path("", include("inventory.web.stock_urls")),
    path("", include("inventory.web.lot_urls")),
    path("assets/", assets.assets, name="assets"),
    path("assets/<uuid:uid>/", assets.asset, name="asset"),
    path("assets/<uuid:uid>/state/", assets.set_state, name="asset-state"),
    path("assets/<uuid:uid>/reserve/", assets.reserve, name="asset-reserve"),
    path("assets/<uuid:uid>/release/", assets.release, name="asset-release"),
]
