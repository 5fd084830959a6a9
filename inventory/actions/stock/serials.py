"""Packs that exist once: a serial number is received once, and is out with one patient at most."""

from collections import Counter
from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext as _

from hims.action import step
from hims.errors import Finding, Refused
from inventory.models import IssuedSerial, Lot

from .lines import Moved

RECEIVED = """
SELECT DISTINCT taken.serial
FROM inventory_lot lot
JOIN inventory_movementline line
  ON line.lot_id = lot.id AND NOT line.virtual AND line.quantity > 0 AND line.serials && %(serials)s
JOIN inventory_movement movement
  ON movement.id = line.movement_id AND movement.kind IN ('receipt', 'found')
CROSS JOIN LATERAL unnest(line.serials) AS taken (serial)
WHERE lot.product_id = %(product)s AND taken.serial = ANY (%(serials)s) AND NOT EXISTS (
    SELECT 1 FROM inventory_movement back WHERE back.reverses_id = movement.id)
"""


@step
def refuse_twice(moved: Sequence[Moved]) -> None:
    """Raise Refused when one pack stands in the lines twice."""
    seen = Counter((one.product.pk, serial) for one in moved for serial in one.serials)
    twice = [serial for (_product, serial), times in seen.items() if times > 1]
    if twice:
        text = _("The pack with serial number %(serial)s is there twice.")
        raise Refused(*(Finding("serial_twice", text % {"serial": one}) for one in twice))


@step
def refuse_issued(moved: Sequence[Moved]) -> None:
    """Raise Refused for a pack that left for a patient and has not come back."""
    asked = {(one.product.pk, serial): one for one in moved for serial in one.serials}
    if not asked:
        return
    out = IssuedSerial.objects.filter(
        returned_by=None,
        product__in={product for product, _serial in asked},
        serial__in={serial for _product, serial in asked},
    )
    text = _("The pack with serial number %(serial)s was dispensed and has not been returned.")
    found = [
        Finding("serial_issued", text % {"serial": serial}, field=one.field)
        for product, serial in out.values_list("product_id", "serial")
        if (one := asked.get((product, serial)))
    ]
    if found:
        raise Refused(*found)


@step
def refuse_received(moved: Sequence[Moved]) -> None:
    """Raise Refused for a pack that was received already. Waits for whoever receives of the same
    lot at the same moment."""
    serial = [one for one in moved if one.serials]
    hold_lots(serial)
    text = _("The pack with serial number %(serial)s was received before. Count it instead.")
    found = []
    for one in serial:
        with connection.cursor() as cursor:
            cursor.execute(RECEIVED, {"serials": list(one.serials), "product": one.product.pk})
            found += [
                Finding("serial_received", text % {"serial": known}, field=one.field)
                for (known,) in cursor.fetchall()
            ]
    if found:
        raise Refused(*found)


@step
def take_back(moved: Sequence[Moved]) -> list[int]:
    """The keys of the issued packs that come back with these lines. Raises Refused for a pack that
    is not out with a patient."""
    keys, found = [], []
    text = _("The pack with serial number %(serial)s was not dispensed here.")
    for one in moved:
        for serial in one.serials:
            out = IssuedSerial.objects.select_for_update().filter(
                product=one.product, serial=serial, returned_by=None
            )
            if issued := out.first():
                keys.append(issued.pk)
            else:
                said = text % {"serial": serial}
                found.append(Finding("serial_not_issued", said, field=one.field))
    if found:
        raise Refused(*found)
    return keys


@step
def hold_lots(moved: Sequence[Moved]) -> None:
    """Wait for whoever decides about the same lots, in one order."""
    keys = sorted({one.lot.pk for one in moved})
    list(Lot.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True))
