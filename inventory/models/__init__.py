"""What the first floor remembers."""

from .assets import Asset, AssetKind, Reservation
from .ledger import Count, IssuedSerial, Movement, MovementLine, StockLevel
from .products import Lot, Pack, Product, Supplier
from .purchases import PurchaseLine, PurchaseOrder
from .recalls import Recall, RecalledLot, RecallTask
from .rounds import TopUp, TopUpLine, TopUpPick
from .stock_places import Par, StockPlace

__all__ = [
    "Asset",
    "AssetKind",
    "Count",
    "IssuedSerial",
    "Lot",
    "Movement",
    "MovementLine",
    "Pack",
    "Par",
    "Product",
    "PurchaseLine",
    "PurchaseOrder",
    "Recall",
    "RecallTask",
    "RecalledLot",
    "Reservation",
    "StockLevel",
    "StockPlace",
    "Supplier",
    "TopUp",
    "TopUpLine",
    "TopUpPick",
]
