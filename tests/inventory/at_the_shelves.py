"""What tests of stock do and ask: an action by somebody, its refusals, whether all is sound."""

from hims import verifying
from inventory.actions.stock import counting, moving, wasting


def codes_of(refused) -> list[str]:
    return [finding.code for finding in refused.value.findings]


def sound() -> None:
    bad = {found.name: found.first_bad for found in verifying.verify() if found.first_bad}
    assert not bad


def act(stock, action, by="pharmacist", **asked):
    return action(actor=stock.house.people[by], now=stock.now, **asked)


def moved(stock, *lines, source="PH-A", target="W1S", by="pharmacy_technician"):
    return act(
        stock,
        moving.transfer,
        by,
        source=stock.places[source],
        target=stock.places[target],
        lines=lines,
    )


def counted(stock, number, quantity, version, *, by="nurse", place="PH-A", product="PARA"):
    lot = stock.lot(product, number)
    line = {"lot": str(lot.uid), "quantity": str(quantity), "version": version, "unscanned": "pile"}
    return act(stock, counting.count, by, place=stock.places[place], lines=[line])


def wasted(stock, *lines, why="damaged", by="nurse", **more):
    return act(stock, wasting.waste, by, place=stock.places["PH-A"], lines=lines, why=why, **more)
