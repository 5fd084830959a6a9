"""Who may read what of the first floor, and its entry in the navigation."""

from django.utils.translation import gettext_lazy as _

from hims.access.scopes import holding, register
from hims.live import register_kind
from hims.web.page import Place, register_place

from .models import Asset, AssetKind, Reservation

register(Asset, holding("assets.view"))
register(AssetKind, holding("assets.view"))
register(Reservation, holding("assets.view"))

register_place(Place(40, "assets", _("Equipment"), "asset", "assets.view"))

register_kind("asset", lambda viewer, event: event if viewer.may("assets.view") else None)
