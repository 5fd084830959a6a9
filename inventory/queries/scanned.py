"""What a scan of a pack means here: which product, which pack, which lot, and what is doubtful.

    one = resolve("]d201…", viewer=actor, now=now)
    one.product, one.pack, one.lot, one.code.serial, one.findings

One statement looks up any number of codes. What a code says never changes what is stored: a
conflict is a finding, and a code without an expiry date leaves the stored one as it is.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from hims.errors import Finding, Forbidden
from hims.models import Actor
from hims.subjects import understood
from hims.wire import codes
from inventory.domain.fefo import unusable
from inventory.models import Lot, Pack, Product

M = TypeVar("M", bound=Model)

NOTE = "note"
"""The severity of a finding that only informs: nothing has to be answered."""

LONGEST_WORDS = 200

STATE = frozenset({"expired", "recalled", "quarantined"})
"""Findings about the lot itself. They stop its use, not its being counted, wasted or returned."""


@dataclass(frozen=True)
class Resolved:
    """A code and what it stands for; what is not known is None.

    findings: all of them, of severity stop, warn or note. reading: those about the code and what
    it was compared with, without the state that the lot is in (STATE). lot is None although
    `code.lot` has a value when that lot was never received, or when the code must not be trusted.
    """

    code: codes.Code
    product: Product | None = None
    pack: Pack | None = None
    lot: Lot | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def reading(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.code not in STATE)

    @property
    def ok(self) -> bool:
        """Whether nothing stops its use."""
        return all(one.severity != "stop" for one in self.findings)

    @property
    def readable(self) -> bool:
        """Whether the code may be acted upon, whatever state the lot is in."""
        return all(one.severity != "stop" for one in self.reading)

    @property
    def units(self) -> int | None:
        """Base units in what was scanned: one pack, or as many as a logistic label counts."""
        if self.pack is None:
            return None
        several = self.code.contained and not self.code.gtin
        return self.pack.units * ((self.code.count or 1) if several else 1)


@dataclass(frozen=True)
class _Row:
    """What one statement found for a code."""

    product: Product | None = None
    pack: Pack | None = None
    lot: Lot | None = None
    alike: list[str] = field(default_factory=list)
    same_number: int = 0


def _columns(model: type[Model], alias: str) -> str:
    return ", ".join(f'{alias}."{one.column}"' for one in model._meta.concrete_fields)


# `numbered` is for people who type the number of a lot; `alike` are known numbers with which the
# number that was read begins: one of them may have swallowed its neighbours.
LOOK_UP = f"""
WITH asked AS (
    SELECT * FROM jsonb_to_recordset(%s::jsonb)
        AS asked (n int, gtins text[], number text, words text, uid uuid)
)
SELECT asked.n, {_columns(Product, "product")}, {_columns(Pack, "pack")}, {_columns(Lot, "lot")},
    CASE WHEN asked.number <> '' AND lot.id IS NULL THEN ARRAY(
        SELECT number FROM inventory_lot known WHERE known.product_id = product.id
        AND known.number <> '' AND starts_with(asked.number, known.number)
    ) ELSE '{{}}' END, numbered.n
FROM asked
LEFT JOIN LATERAL (
    SELECT * FROM inventory_pack WHERE gtin = ANY (asked.gtins)
    ORDER BY array_position(asked.gtins, gtin::text) LIMIT 1
) pack ON true
LEFT JOIN LATERAL (
    SELECT id FROM inventory_product WHERE code IN (asked.words, upper(asked.words))
    ORDER BY code = asked.words DESC LIMIT 1
) named ON asked.words <> ''
LEFT JOIN LATERAL (
    SELECT min(id) AS id, count(*) AS n FROM inventory_lot
    WHERE number IN (asked.words, upper(asked.words))
) numbered ON asked.words <> '' AND named.id IS NULL
LEFT JOIN inventory_lot own ON own.uid = asked.uid
LEFT JOIN inventory_lot lot ON lot.id = CASE
    WHEN own.id IS NOT NULL THEN own.id
    WHEN numbered.n = 1 THEN numbered.id
    ELSE (SELECT id FROM inventory_lot WHERE number = asked.number
          AND product_id = coalesce(pack.product_id, named.id)) END
LEFT JOIN inventory_product product
    ON product.id = coalesce(pack.product_id, named.id, lot.product_id)
ORDER BY asked.n
"""


def resolve(text: str, *, viewer: Actor, now: datetime, symbology: str = "") -> Resolved:
    """What one scanned, photographed or typed text stands for. Raises Forbidden for those who may
    not see stock."""
    return resolve_all([text], viewer=viewer, now=now, symbology=symbology)[0]


def resolve_all(
    texts: Sequence[str], *, viewer: Actor, now: datetime, symbology: str = ""
) -> list[Resolved]:
    """As `resolve`, for several texts in one statement, in their order."""
    if not viewer.may("stock.view"):
        raise Forbidden("stock.view")
    return looked_up([understood(text, now=now, symbology=symbology) for text in texts], now=now)


def looked_up(read_codes: Sequence[codes.Code], *, now: datetime) -> list[Resolved]:
    """What codes that were read already stand for; whoever asks says what may be shown of it."""
    today = timezone.localdate(now)
    rows = _rows(read_codes) if read_codes else []
    return [_judged(code, row, today) for code, row in zip(read_codes, rows, strict=True)]


def _rows(read_codes: Iterable[codes.Code]) -> list[_Row]:
    asked = [{"n": n} | _asked(code) for n, code in enumerate(read_codes)]
    with connection.cursor() as cursor:
        cursor.execute(LOOK_UP, [json.dumps(asked)])
        return [_row(list(row)) for row in cursor.fetchall()]


def _asked(code: codes.Code) -> dict[str, Any]:
    """By what a code is looked up: article numbers with a lot, our own label, or words."""
    gtins = [*code.gtins, *([code.contained] if code.contained and not code.gtin else [])]
    words, uid = "", None
    if code.format == "own":
        kind, value = code.elements[0] if code.elements else ("", "")
        words = value if kind == "product" else ""
        uid = _uid(value) if kind == "lot" else None
    elif code.hibc:
        words = code.hibc
    elif code.format == "none":
        words = code.text.strip()
    number = code.lot or ""
    return {
        "gtins": gtins,
        "number": number if _can_be_known(number) else None,
        "words": words if _can_be_known(words) else "",
        "uid": uid,
    }


def _can_be_known(text: str) -> bool:
    """Whether anything here could have this name: some texts the database cannot even hold."""
    return text.isprintable() and len(text) <= LONGEST_WORDS


def _uid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None


def _row(values: list[Any]) -> _Row:
    del values[0]
    product, pack, lot = (_taken(values, model) for model in (Product, Pack, Lot))
    if lot and product:
        lot.product = product
    if pack and product:
        pack.product = product
    return _Row(product, pack, lot, values[0] or [], values[1] or 0)


def _taken(values: list[Any], model: type[M]) -> M | None:
    """The row of `model` whose columns come next, taken off `values`."""
    names = [one.attname for one in model._meta.concrete_fields]
    own = values[: len(names)]
    del values[: len(names)]
    return None if own[0] is None else model.from_db("default", names, own)


# --- what is doubtful ---------------------------------------------------------------------------


def _judged(code: codes.Code, row: _Row, today: date) -> Resolved:
    found = list(code.findings)
    product = row.product
    if product is None:
        if code.ok:
            found.append(_unknown(code, row))
        return Resolved(code, findings=tuple(found))
    if not code.ok:  # what is on the pack may still be named, but no lot is believed
        return Resolved(code, product, row.pack, None, tuple(found))
    known = [row.lot.number] if row.lot else row.alike
    if lost := codes.lost_separator(code, carries_expiry=product.carries_expiry, lots=known):
        return Resolved(code, product, row.pack, None, (*found, lost))
    if not product.active:
        found.append(_found("inactive", _("%(name)s is no longer kept.") % _of(product), "warn"))
    found += _of_expiry(code, row.lot)
    found += _of_lot(code, product, row.lot)
    found += _of_state(product, row.lot, code, today)
    return Resolved(code, product, row.pack, row.lot, tuple(found))


def _unknown(code: codes.Code, row: _Row) -> Finding:
    if row.same_number > 1:
        text = _("%(n)d products have a lot of this number. Scan the pack, or type the product.")
        return _found("ambiguous", text % {"n": row.same_number})
    if code.gtins or code.contained:
        text = _("No pack in the catalogue has the number %(gtin)s.")
        return _found("unknown_product", text % {"gtin": code.gtin or code.contained})
    return _found("unknown_product", _("Nothing in the catalogue is known by this code."))


def _of_expiry(code: codes.Code, lot: Lot | None) -> list[Finding]:
    if lot is None or code.format in {"own", "none"}:
        return []
    if code.expiry and lot.expiry and code.expiry != lot.expiry:
        text = _(
            "The code says that lot %(lot)s expires %(read)s, but %(stored)s is stored. Compare "
            "with what is printed; a pharmacist puts the stored date right."
        )
        words = {"lot": lot.number, "read": _day(code.expiry), "stored": _day(lot.expiry)}
        return [_found("expiry_conflict", text % words)]
    if lot.expiry and not code.expiry and lot.product.carries_expiry:
        text = _("The code names no expiry date; the stored one, %(stored)s, stays.")
        return [_found("expiry_not_read", text % {"stored": _day(lot.expiry)}, NOTE)]
    if code.expiry and not lot.expiry:
        text = _("The code says %(read)s; for lot %(lot)s no expiry date is stored.")
        words = {"read": _day(code.expiry), "lot": lot.number}
        return [_found("expiry_not_stored", text % words, NOTE)]
    return []


def _of_lot(code: codes.Code, product: Product, lot: Lot | None) -> list[Finding]:
    if lot is not None:
        return []
    if code.lot:
        text = _("Lot %(lot)s of %(name)s was never received here.")
        return [_found("unknown_lot", text % {"lot": code.lot, **_of(product)}, NOTE)]
    return [_found("no_lot", _("This code of %(name)s names no lot.") % _of(product), NOTE)]


def _of_state(product: Product, lot: Lot | None, code: codes.Code, today: date) -> list[Finding]:
    status = lot.status if lot else Lot.Status.RELEASED
    expiry = (lot.expiry if lot else None) or code.expiry
    state = unusable(status, expiry, today)
    words = {"lot": (lot.number if lot else code.lot) or "-", **_of(product)}
    if state == "recalled":
        text = _("Lot %(lot)s of %(name)s is recalled: do not use it.")
    elif state == "quarantined":
        text = _("Lot %(lot)s of %(name)s is in quarantine until a pharmacist releases it.")
    elif state == "expired":
        words["day"] = _day(expiry) if expiry else "-"
        text = _("Lot %(lot)s of %(name)s expired on %(day)s.")
    else:
        return []
    return [_found(state, text % words)]


def _found(code: str, text: str, severity: str = "stop") -> Finding:
    return Finding(code, text, severity, "code")


def _of(product: Product) -> dict[str, str]:
    return {"name": product.shown_name}


def _day(day: date) -> str:
    return date_format(day, "j M Y")
