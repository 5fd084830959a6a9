"""How codes on packs, and our own labels of products and lots, are found."""

from uuid import UUID

from django.utils import timezone

from hims.models import Actor
from hims.subjects import Found, Source, register, register_reader
from hims.wire.codes import Code
from inventory.models import Lot, Product
from inventory.queries.scanned import looked_up


def _may_know(viewer: Actor) -> bool:
    """People who may see stock; and scanners, which say to their holder what they read."""
    return viewer.may("stock.view") or viewer.kind == Actor.Kind.DEVICE


def _product(viewer: Actor, product: Product) -> dict | None:
    if not _may_know(viewer):
        return None
    return {"id": str(product.uid), "code": product.code, "name": product.shown_name}


def _lot(viewer: Actor, lot: Lot) -> dict | None:
    if not _may_know(viewer):
        return None
    return {
        "id": str(lot.uid),
        "number": lot.number,
        "expiry": lot.expiry.isoformat() if lot.expiry else None,
        "status": lot.status,
        "product": _product(viewer, lot.product),
    }


def _by_code(text: str) -> Product | None:
    return Product.objects.filter(code=text).first()


def _by_label(text: str) -> Lot | None:
    """A lot by the id on our own label. Its number alone is no name: others may have the same."""
    try:
        uid = UUID(text)
    except ValueError:
        return None
    return Lot.objects.select_related("product").filter(uid=uid).first()


def _pack(code: Code) -> Found | None:
    """The lot of a pack, or its product where the lot is not known or not to be believed."""
    if not (code.gtins or code.contained or code.hibc):
        return None
    (one,) = looked_up([code], now=timezone.now())
    # what the code says of itself is told by whoever read it
    findings = tuple(finding for finding in one.findings if finding not in code.findings)
    if one.lot:
        return Found("lot", one.lot, findings)
    return Found("product", one.product, findings) if one.product else None


register(Source("product", _by_code, _product))
register(Source("lot", _by_label, _lot))
register_reader("pack", _pack)
