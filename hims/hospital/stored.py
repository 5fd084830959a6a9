"""The hospital in the database as the rows of hims.wire.hospital, and the words it may use."""

from collections import defaultdict
from decimal import Decimal

from hims.access.roles import Role
from hims.models import (
    BedSpace,
    Building,
    Capability,
    Department,
    Door,
    Floor,
    Patient,
    ReportRule,
    Staff,
    Zone,
)
from hims.reporting.declared import all_reports
from hims.wire.hospital import (
    AssetRow,
    BedSpaceRow,
    BuildingRow,
    DepartmentRow,
    DoorRow,
    FloorRow,
    GatewayRow,
    Hospital,
    IngredientRow,
    KindRow,
    MedicineRow,
    PackRow,
    ParRow,
    PatientRow,
    ProductRow,
    ReportRuleRow,
    StaffRow,
    StockPlaceRow,
    SupplierRow,
    ZoneRow,
)
from hims.wire.hospital.cells import strength_text
from hims.wire.hospital.layout import Words
from hims.wire.hospital.places import in_order
from inventory.models import Asset, AssetKind, Pack, Par, Product, StockPlace, Supplier
from pharmacy.models import Ingredient, Medicine, Strength
from tracking.models import BEARERS, Gateway, TagAssignment


def words() -> Words:
    """The words that the database accepts for kinds, states, sexes, roles and storage."""
    return Words(
        zone_kinds=frozenset(Zone.Kind.values),
        door_kinds=frozenset(Door.Kind.values),
        states=frozenset(Asset.State.values),
        sexes=frozenset(Patient.Sex.values),
        roles=frozenset(role.value for role in Role),
        storages=frozenset(Product.Storage.values),
        stock_place_kinds=frozenset(StockPlace.Kind.values) - frozenset(StockPlace.VIRTUAL),
        department_kinds=frozenset(Department.Kind.values),
        bed_space_kinds=frozenset(BedSpace.Kind.values),
        capabilities=frozenset(Capability.values),
        comparisons=frozenset(ReportRule.Comparison.values),
        report_figures={
            report.code: frozenset(figure.name for figure in report.figures)
            for report in all_reports()
        },
    )


def stored() -> Hospital:
    """Every row there is, in the order in which they were made; as many queries at any size."""
    tags = _tags()
    hospital = Hospital()
    _keep(hospital.buildings, BuildingRow, Building.objects, "code", "name")
    _keep(hospital.floors, FloorRow, Floor.objects, "building__code", "code", "name", "level")
    _keep(
        hospital.zones,
        ZoneRow,
        Zone.objects,
        *("code", "floor__building__code", "floor__code", "name", "kind", "capacity"),
        *("area__code", "polygon"),
    )
    for values in _rows(Door.objects, "a__code", "b__code", "kind", "seconds", "x", "y"):
        door = in_order(DoorRow(*values))
        hospital.doors[door.key] = door
    _keep(
        hospital.gateways,
        GatewayRow,
        Gateway.objects,
        *("address", "name", "floor__building__code", "floor__code", "zone__code", "x", "y", "z"),
    )
    _keep(hospital.kinds, KindRow, AssetKind.objects, "code", "name")
    for pk, number, kind, name, serial, home, state, due in _rows(
        Asset.objects,
        *("pk", "number", "kind__code", "name", "serial", "home__code", "state", "service_due_on"),
    ):
        hospital.assets[number] = AssetRow(
            number, kind, name, serial, home or "", state, due, tags["asset", pk]
        )
    for pk, number, name, profession, ward, username, roles, badge in _rows(
        Staff.objects,
        *("pk", "number", "name", "profession", "ward__code"),
        *("actor__username", "actor__roles", "actor__badge"),
    ):
        hospital.staff[number] = StaffRow(
            number,
            name,
            profession,
            ward or "",
            username or "",
            tuple(sorted(roles or ())),
            badge or "",
            tags["staff", pk],
        )
    for pk, mrn, family, given, birth_date, sex in _rows(
        Patient.objects, "pk", "mrn", "family", "given", "birth_date", "sex"
    ):
        hospital.patients[mrn] = PatientRow(
            mrn, family, given, birth_date, sex, tags["patient", pk]
        )
    _stock(hospital)
    _formulary(hospital)
    _flow(hospital)
    _reports(hospital)
    return hospital


def _stock(hospital: Hospital) -> None:
    """Fill in suppliers, products, packs, stock places and par levels."""
    _keep(hospital.suppliers, SupplierRow, Supplier.objects, "code", "name")
    _keep(
        hospital.products,
        ProductRow,
        Product.objects,
        *("code", "name", "tall_man", "unit", "base_per_unit", "storage", "schedule"),
        *("high_alert", "look_alike_group", "carries_expiry", "scan_required"),
        *("ndc", "dmd", "rxnorm", "supplier__code", "active", "price"),
    )
    for product, name, units, gtin, base_per_unit in _rows(
        Pack.objects, "product__code", "name", "units", "gtin", "product__base_per_unit"
    ):
        pack = PackRow(product, name, _in_units(units, base_per_unit), gtin)
        hospital.packs[pack.key] = pack
    _keep(
        hospital.stock_places,
        StockPlaceRow,
        StockPlace.objects.filter(virtual=False),
        *("code", "name", "kind", "zone__code", "within__code", "active"),
    )
    for place, product, reorder_at, par, base_per_unit in _rows(
        Par.objects,
        *("place__code", "product__code", "reorder_at", "par", "product__base_per_unit"),
    ):
        row = ParRow(
            place, product, _in_units(reorder_at, base_per_unit), _in_units(par, base_per_unit)
        )
        hospital.par_levels[row.key] = row


def _in_units(base_units: int, base_per_unit: int) -> Decimal:
    return (Decimal(base_units) / base_per_unit).normalize()


def _formulary(hospital: Hospital) -> None:
    """Fill in ingredients, and medicines with their strengths."""
    for name, classes, rxnorm in _rows(Ingredient.objects, "name", "classes", "rxnorm"):
        hospital.ingredients[name] = IngredientRow(name, tuple(sorted(classes)), rxnorm)
    strengths = defaultdict(list)
    for medicine, *strength in _rows(
        Strength.objects, "medicine", "ingredient__name", "amount", "unit"
    ):
        strengths[medicine].append(strength_text(*strength))
    for pk, product, form, routes, group, text, on_formulary in _rows(
        Medicine.objects,
        *("pk", "product__code", "form", "routes", "substitution_group"),
        *("label_text", "on_formulary"),
    ):
        hospital.medicines[product] = MedicineRow(
            product,
            form,
            tuple(sorted(routes)),
            tuple(sorted(strengths[pk])),
            group,
            text,
            on_formulary,
        )


def _flow(hospital: Hospital) -> None:
    """Fill in departments and their bed spaces."""
    _keep(
        hospital.departments,
        DepartmentRow,
        Department.objects,
        *("code", "name", "kind", "area__code", "active"),
    )
    for code, name, department, zone, kind, capabilities, active in _rows(
        BedSpace.objects,
        *("code", "name", "department__code", "zone__code", "kind", "capabilities", "active"),
    ):
        hospital.bed_spaces[code] = BedSpaceRow(
            code, name, department, zone, kind, tuple(sorted(capabilities)), active
        )


def _reports(hospital: Hospital) -> None:
    """Fill in what reports are held to, and what they rest on."""
    for code, figure, comparison, value, *rest in _rows(
        ReportRule.objects,
        *("code", "figure", "comparison", "value", "each", "citation", "active"),
    ):
        held = None if value is None else value.normalize()
        row = ReportRuleRow(code, figure, comparison, held, *rest)
        hospital.report_rules[row.key] = row


def _rows(objects, *fields):
    return objects.order_by("pk").values_list(*fields)


NUMBERS = {"capacity", "x", "y", "z", "price"}


def _keep(rows: dict, row_type: type, objects, *fields: str) -> None:
    """Fill `rows` with one row for each object; a text that is not there is empty, not None."""
    for values in _rows(objects, *fields):
        row = row_type(
            *(
                "" if value is None and field not in NUMBERS else value
                for field, value in zip(fields, values, strict=True)
            )
        )
        rows[row.key] = row


def _tags() -> dict[tuple[str, int], tuple[str, ...]]:
    """(kind of bearer, its key) -> addresses of the tags it bears now, sorted."""
    borne = defaultdict(list)
    worn = TagAssignment.objects.filter(period__endswith__isnull=True).order_by("tag__address")
    for address, *bearers in worn.values_list("tag__address", *(f"{b}_id" for b in BEARERS)):
        for kind, pk in zip(BEARERS, bearers, strict=True):
            if pk is not None:
                borne[kind, pk].append(address)
    return defaultdict(tuple, {bearer: tuple(tags) for bearer, tags in borne.items()})
