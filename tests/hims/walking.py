"""Every address of the resolver, what it needs to be opened, and what stands there for a test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from hims.actions.care import begin_care
from hims.actions.confirmations import ask_confirmation
from hims.actions.devices import issue_token
from hims.domain.periods import Cadence, period_of
from hims.models import (
    AccessKey,
    Alert,
    AlertRule,
    AlertSuppression,
    BedSpace,
    Channel,
    Confirmation,
    Department,
    Device,
    Door,
    Encounter,
    Milestone,
    ReportEdition,
)
from hims.queries.actors import console
from hims.reporting.declared import report_of
from hims.web.page import PUBLIC
from inventory.actions.catalogue import set_par
from inventory.actions.purchases import suggest_orders
from inventory.actions.recalls import open_recall
from inventory.actions.rounds import begin_top_up
from inventory.actions.stock.counting import found
from inventory.models import Count, Lot, Movement, Product, PurchaseOrder, Recall, StockPlace, TopUp
from pharmacy.actions.verification import hold
from pharmacy.models import (
    Allergy,
    Clarification,
    Dispense,
    DoseLimit,
    Ingredient,
    MedicationOrder,
    Medicine,
)
from tests import given, given_alerts, given_appointments, given_flow, given_pharmacy, given_stock
from tests.given import House
from tests.given_reports import made
from tests.given_stock import Stock
from tests.hims.inbox import given_inbox
from tests.hims.people import furnishing
from tests.hims.reports import given_breaches
from tracking.actions.duress import raise_duress
from tracking.actions.scans import record_scan
from tracking.actions.survey import stand_here
from tracking.models import Duress, Gateway, RadioMap, Sighting, UnknownTransmitter


@dataclass(frozen=True)
class Route:
    """One address: its name, its pattern as Django shows it, and its view."""

    name: str
    shape: str
    callback: Callable
    arguments: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        return self.shape.startswith("api/")

    @property
    def _door(self) -> type | None:
        return getattr(self.callback, "view_class", None) or getattr(self.callback, "cls", None)

    def permission(self, method: str) -> str | None:
        """What the view says that `method` needs; None if it does not serve it, or says nothing."""
        if self.is_api:
            return getattr(self._door, "permissions", {}).get(method)
        return getattr(self.callback, "permission", None)

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods to try: those a program's door serves; on a page reading and posting."""
        if self.is_api:
            return tuple(getattr(self._door, "permissions", {}))
        return ("GET", "POST")

    @property
    def is_public(self) -> bool:
        return self.permission("GET") == PUBLIC

    def url(self, house: House) -> str:
        """The address with real things in it."""
        there = {name: self._there(name, house) for name in self.arguments}
        return reverse(self.name, kwargs=there)

    def _there(self, argument: str, house: House) -> str | int:
        before = self.shape.split(f":{argument}>")[0]
        thing = _SUBJECTS[before.split("/")[-2]](house)
        if argument == "slug":
            return thing.slug
        return thing.pk if argument in ("key", "number") else str(thing.uid)


def routes() -> list[Route]:
    """All addresses that Django serves."""
    return list(_below(get_resolver(), ""))


def _below(resolver: URLResolver, prefix: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        shape = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from _below(entry, shape)
        elif isinstance(entry, URLPattern):
            arguments = tuple(entry.pattern.converters)
            yield Route(entry.name or "", shape, entry.callback, arguments)


# the folder before an identifier in an address -> what it is about
_SUBJECTS: dict[str, Callable[[House], Any]] = {
    "assets": lambda house: house.assets["P-1"],
    "asset": lambda house: house.assets["P-1"],
    "patient": lambda house: house.patients["MRN-777001"],
    "staff": lambda house: house.staff["S-900"],
    "locate": lambda house: house.assets["P-1"],
    "people": lambda house: house.physician,
    "devices": lambda house: Device.objects.get(actor__name="scanner at the walk").actor,
    "buildings": lambda house: house.building,
    "floors": lambda house: house.floors["G"],
    "map": lambda house: house.floors["G"],
    "rooms": lambda house: house.zones["ST"],
    "door": lambda house: Door.objects.get(a=house.zones["COR"], b=house.zones["ST"]),
    "tags": lambda house: house.tag("C3:00:00:00:00:01"),
    "gateways": lambda house: Gateway.objects.get(name="Gateway store"),
    "help": lambda house: Duress.objects.get(),
    "tokens": lambda house: AccessKey.objects.get(label="walked"),
    "unknown": lambda house: UnknownTransmitter.objects.get(),
    "maps": lambda house: RadioMap.objects.get(),
    "confirmations": lambda house: Confirmation.objects.get(),
    "patients": lambda house: house.patients["MRN-777001"],
    **furnishing.SUBJECTS,
    **given_inbox.SUBJECTS,
    **given_breaches.SUBJECTS,
    **given_appointments.SUBJECTS,
    "orders": lambda house: MedicationOrder.objects.get(),
    "dispenses": lambda house: Dispense.objects.get(),
    "supplies": lambda house: Dispense.objects.get(),
    "clarifications": lambda house: Clarification.objects.get(),
    "questions": lambda house: Clarification.objects.get(),
    "allergies": lambda house: Allergy.objects.get(),
    "limits": lambda house: DoseLimit.objects.first(),
    "medicines": lambda house: Medicine.objects.get(product__code="PARA"),
    "ingredients": lambda house: Ingredient.objects.get(name="paracetamol"),
    "products": lambda house: Product.objects.get(code="PARA"),
    "lots": lambda house: Lot.objects.get(number="P1"),
    "places": lambda house: StockPlace.objects.get(code="PH-A"),
    "movements": lambda house: Movement.objects.order_by("pk").first(),
    "counts": lambda house: Count.objects.get(),
    "recalls": lambda house: Recall.objects.get(),
    "rounds": lambda house: TopUp.objects.get(),
    "purchases": lambda house: PurchaseOrder.objects.get(),
    "alerts": lambda house: Alert.objects.get(rule__code=given_alerts.HIGH),
    "rules": lambda house: AlertRule.objects.get(code=given_alerts.HIGH),
    "suppressions": lambda house: AlertSuppression.objects.get(),
    "channels": lambda house: Channel.objects.get(),
    "bed-spaces": lambda house: BedSpace.objects.get(code="ED-1-A"),
    "spaces": lambda house: BedSpace.objects.get(code="ED-1-A"),
    "visits": lambda house: Encounter.objects.get(complaint="walked"),
    "encounters": lambda house: Encounter.objects.get(complaint="walked"),
    "said": lambda house: Milestone.objects.get(encounter__complaint="walked"),
    "milestones": lambda house: Milestone.objects.get(encounter__complaint="walked"),
    "departments": lambda house: Department.objects.get(code="ED"),
    "sightings": lambda house: Sighting.objects.get(source="survey"),
    "reports": lambda house: report_of("R1"),
    "editions": lambda house: ReportEdition.objects.get(code="R1"),
}


def furnished(house: House) -> House:
    """The hospital with one of each thing that an address can be about."""
    given.everybody_somewhere(house)
    flow = given_flow.a_department(house)
    given_flow.arrived(house, flow, "MRN-777002", complaint="walked")
    # A form that asks for a department names it; what the walk looks for is where somebody is.
    Department.objects.filter(code="ED").update(name="Acute care")
    Department.objects.filter(code="W1").update(name="Medical ward")
    given.device("scans", name="scanner at the walk")
    issue_token(actor=console(), now=house.now, person=house.manager, label="walked")
    raise_duress(actor=house.porter, now=house.now)
    for code in ("HIMS:PATIENT:MRN-777001", "HIMS:TAG:C3:00:00:00:09:00", "HIMS:ASSET:P-1"):
        record_scan(actor=house.nurse, now=house.now, code=code, zone=house.zones["COR"])
    stand_here(
        actor=house.administrator,
        now=house.now,
        asset=house.assets["P-1"],
        zone=house.zones["ST"],
    )
    RadioMap.objects.create(
        state="kept", proposed_at=house.now, proposed_by=console(), newest=0, labels=3, held_out=0
    )
    ask_confirmation(
        actor=house.pharmacist,
        now=house.now,
        purpose="walk",
        shown={"title": "A walk", "lines": [["What", "A pack"]]},
        about=["a pack"],
        asked_from="elsewhere",
    )
    stock = on_shelves(house)
    prescribed(house, stock)
    called_back(house, stock)
    filled_up(house, stock)
    made(report_of("R1"), period_of(house.now.date(), Cadence.DAY), house.manager, house.now)
    given_breaches.walked(house)
    given_alerts.one_of_each(house.manager, house.now)
    furnishing.kept_of(house)
    given_inbox.walked(house)
    given_appointments.walked(house)
    UnknownTransmitter.objects.create(
        kind="tag",
        address="c3aa00000001",
        first_heard_at=house.now,
        last_heard_at=house.now,
        count=3,
    )
    return house


def on_shelves(house: House) -> Stock:
    """Stock at a few places, and a pack that was found."""
    stock = given_stock.stocked(house)
    pack = {"scan": given_stock.scanned("INSUL", "FOUND")}
    found(actor=house.nurse, now=house.now, place=stock.places["W1S"], lines=[pack])
    return stock


def prescribed(house: House, stock: Stock) -> None:
    """A small formulary, and an order and an allergy of the first patient."""
    pharmacy = given_pharmacy.formulary(stock, ["PARA", "AMOX"])
    begin_care(actor=house.charge_nurse, now=house.now, text="HIMS:PATIENT:MRN-777001")
    given_pharmacy.allergic(pharmacy, ingredient="amoxicillin", reaction="rash")
    order = pharmacy.order()
    hold(
        actor=house.pharmacist,
        now=house.now,
        dispense=Dispense.objects.get(order=order),
        question="Really twice?",
    )


def called_back(house: House, stock: Stock) -> None:
    """A recall of one lot."""
    open_recall(
        actor=house.pharmacist,
        now=house.now,
        reference="FSN-1",
        reason="glass particles",
        lots=[stock.lot("MORPH", "M1")],
    )


def filled_up(house: House, stock: Stock) -> None:
    """A round under way, and an order that is suggested."""
    for place in ("W1S", "PH"):
        set_par(
            actor=house.pharmacist,
            now=house.now,
            place=stock.places[place],
            product=stock.products["PARA"],
            reorder_at=900,
            par=1000,
        )
    places = {"place": stock.places["W1S"], "source": stock.places["PH"]}
    begin_top_up(actor=house.pharmacist, now=house.now, **places)
    suggest_orders(actor=house.pharmacist, now=house.now, store=stock.places["PH"])
