"""The formulary and the store of the demonstration hospital: believable, and of no real maker."""

from collections import defaultdict
from pathlib import Path

from hims.wire.hospital import Hospital, write
from hims.wire.hospital.cells import strength_of
from pharmacy.domain.doses import dimension
from pharmacy.domain.prescribing import ROUTES
from tests.hims.hospital.a_small_hospital import taken

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
STORE = ("suppliers", "products", "packs", "stock_places", "par_levels", "ingredients", "medicines")


def demonstration() -> Hospital:
    contents = {path.name: path.read_bytes() for path in FIXTURES.glob("*.csv")}
    hospital, rejects = taken(contents)
    assert rejects == []
    assert hospital.remarks == []
    return hospital


def test_there_are_about_250_products_and_three_wards_hold_some():
    hospital = demonstration()
    assert 240 <= len(hospital.products) <= 280
    assert len(hospital.medicines) >= 230
    kinds = defaultdict(set)
    for place in hospital.stock_places.values():
        kinds[place.kind].add(place.place)
    assert len(kinds["ward"]) == 3
    assert kinds["quarantine"]
    assert kinds["trolley"]
    assert all(hospital.stock_places[pocket].within == "DISP-CD" for pocket in kinds["pocket"])
    stocked = {par.place for par in hospital.par_levels.values()}
    assert kinds["ward"] | kinds["trolley"] | {"PHA", "DISP", "PHA-FRIDGE"} <= stocked


def test_every_gtin_is_of_the_prefix_for_demonstrations():
    packs = demonstration().packs.values()
    assert all(pack.gtin and pack.gtin.startswith("0952") for pack in packs)


def test_every_product_can_be_scanned_and_has_a_place_to_lie():
    hospital = demonstration()
    assert {pack.product for pack in hospital.packs.values()} == set(hospital.products)
    assert {par.product for par in hospital.par_levels.values()} == set(hospital.products)


def test_what_is_kept_cold_or_locked_has_its_par_there():
    hospital = demonstration()
    for par in hospital.par_levels.values():
        product, place = hospital.products[par.product], hospital.stock_places[par.place]
        assert (product.storage == "fridge") == ("FRIDGE" in place.place) or place.kind == "trolley"
        assert bool(product.schedule) == (place.kind == "pocket")


def test_tall_man_names_are_the_names_in_other_letters():
    products = demonstration().products.values()
    tall = [product for product in products if product.tall_man]
    assert len(tall) >= 40
    assert all(p.tall_man.lower() == p.name.lower() and p.tall_man != p.name for p in tall)


def test_each_look_alike_group_holds_different_substances():
    hospital = demonstration()
    groups = defaultdict(set)
    for product in hospital.products.values():
        if product.look_alike_group:
            strengths = hospital.medicines[product.product].strengths
            groups[product.look_alike_group] |= {strength_of(text)[0] for text in strengths}
    assert len(groups) >= 15
    assert all(len(substances) > 1 for substances in groups.values()), groups


def test_insulins_opioids_anticoagulants_and_strong_potassium_are_high_alert():
    hospital = demonstration()
    watched = {"insulins", "opioids", "anticoagulants", "neuromuscular blockers"}
    for medicine in hospital.medicines.values():
        product = hospital.products[medicine.product]
        classes = {
            name
            for text in medicine.strengths
            for name in hospital.ingredients[strength_of(text)[0]].classes
        }
        assert product.high_alert or not classes & watched, product.product
    assert hospital.products["POTASSIUM-CHLORIDE-20MMOL-AMPOULE"].high_alert
    assert all(p.high_alert for p in hospital.products.values() if p.schedule)


def test_strengths_and_routes_are_those_that_prescriptions_speak():
    for medicine in demonstration().medicines.values():
        assert medicine.strengths
        assert all(dimension(strength_of(text)[2]) for text in medicine.strengths)
        assert medicine.routes
        assert set(medicine.routes) <= set(ROUTES)


def test_substitutes_are_counted_in_the_same_unit_and_hold_the_same():
    hospital = demonstration()
    groups = defaultdict(list)
    for medicine in hospital.medicines.values():
        if medicine.substitution_group:
            groups[medicine.substitution_group].append(medicine)
    assert len(groups) >= 5
    for members in groups.values():
        assert len(members) > 1
        assert len({hospital.products[one.product].unit for one in members}) == 1
        assert len({one.strengths for one in members}) == 1


def test_the_files_are_written_as_an_export_would_write_them():
    written = write(demonstration())
    for sheet in STORE:
        file = f"{sheet}.csv"
        assert written[file] == (FIXTURES / file).read_bytes(), file
