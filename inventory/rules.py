"""Who may read what of the first floor, and its entry in the navigation."""

from django.utils.translation import gettext_lazy as _

from hims.access.scopes import holding, register
from hims.live import register_kind
from hims.web.page import Place, register_place

from . import alert_rules, models, subjects, verifiers  # noqa: F401  (they register themselves)
from .models import Asset, AssetKind, Reservation

STOCK = (
    *(models.Count, models.IssuedSerial, models.Lot, models.Movement, models.MovementLine),
    *(models.Pack, models.Par, models.Product, models.PurchaseLine, models.PurchaseOrder),
    *(models.StockLevel, models.StockPlace, models.Supplier),
    *(models.TopUp, models.TopUpLine, models.TopUpPick),
)

register(Asset, holding("assets.view"))
register(AssetKind, holding("assets.view"))
register(Reservation, holding("assets.view"))

for model in STOCK:
    register(model, holding("stock.view"))
for model in (models.Recall, models.RecalledLot, models.RecallTask):
    register(model, holding("recalls.view"))

register_place(Place(34, "stock", _("Stock"), "box", "stock.view"))
register_place(Place(42, "assets", _("Equipment"), "asset", "assets.view"))

register_kind("asset", lambda viewer, event: event if viewer.may("assets.view") else None)
register_kind("stock", lambda viewer, event: event if viewer.may("stock.view") else None)
