"""The store and the formulary as CSV: what is read, what is refused and why, in and out again."""

from decimal import ROUND_CEILING, Decimal

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from hims.hospital.stored import stored
from hims.hospital.taking import import_hospital
from hims.models import Zone
from hims.queries.actors import console
from hims.wire.hospital import Hospital, MedicineRow, PackRow, ProductRow, Reject, write
from inventory.models import Pack, Par, Product, StockPlace
from pharmacy.models import Ingredient, Medicine
from tests.hims.hospital.a_small_hospital import SMALL, taken

STORE = {
    "suppliers.csv": "supplier,name\nNORTH,Northern Wholesale\n",
    "products.csv": (
        "product,name,tall_man,unit,base_per_unit,storage,schedule,high_alert,look_alike_group,"
        "carries_expiry,scan_required,ndc,dmd,rxnorm,supplier,active\n"
        "AMOX,Amoxicillin 500 mg capsules,,capsule,,,,,,,,,,,NORTH,\n"
        "HYDRA,Hydralazine 25 mg tablets,hydrALAZINE 25 mg tablets,tablet,2,room,,no,hydr,yes,yes,"
        "0002-3227-30,,,NORTH,yes\n"
        "HYDRO,Hydroxyzine 25 mg tablets,hydrOXYzine 25 mg tablets,tablet,2,room,,,hydr,,,,,,,\n"
        "MORPH,Morphine 10 mg/ml injection,,ml,10,room,2,yes,,,,,,,,\n"
    ),
    "packs.csv": (
        "product,pack,quantity,gtin\n"
        "AMOX,box of 21,21,9524321000019\n"
        "HYDRA,box of 28,28,\n"
        "MORPH,ampoule,1,\n"
        "MORPH,10 ampoules,10,09524321000026\n"
    ),
    "stock_places.csv": (
        "place,name,kind,zone,within,active\n"
        "SHELF-1,Shelf 1,shelf,,STORE,\n"
        "STORE,Store,store,HALL,,yes\n"
        "WARD,Ward stock,ward,WARD,,\n"
    ),
    "par_levels.csv": "place,product,reorder_at,par\nWARD,HYDRA,7.5,28\nSHELF-1,AMOX,0,210\n",
    "ingredients.csv": (
        "ingredient,classes,rxnorm\namoxicillin,penicillins; beta-lactams,723\n"
        "clavulanic acid,,\nhydralazine,vasodilators,5470\nmorphine,opioids,7052\n"
    ),
    "medicines.csv": (
        "product,form,routes,strengths,substitution_group,label_text,on_formulary\n"
        "AMOX,capsule,oral,amoxicillin 500 mg,amoxicillin 500,Take all of it,yes\n"
        "MORPH,injection,subcutaneous; intravenous,Morphine 10.0 mg,,,\n"
    ),
}


def with_store(**changes: str) -> dict[str, str]:
    return {**SMALL, **STORE, **{f"{name}.csv": text for name, text in changes.items()}}


def with_row(name: str, row: str) -> dict[str, str]:
    return with_store(**{name: STORE[f"{name}.csv"] + row + "\n"})


def the_only(rejects: list[Reject]) -> Reject:
    assert len(rejects) == 1, rejects
    return rejects[0]


def test_a_good_store_is_read_whole():
    hospital, rejects = taken({**SMALL, **STORE})
    assert rejects == []
    assert hospital.remarks == []
    assert hospital.packs["AMOX", "box of 21"].gtin == "09524321000019"
    assert hospital.ingredients["amoxicillin"].classes == ("beta-lactams", "penicillins")
    assert hospital.medicines["MORPH"].strengths == ("morphine 10 mg",)
    assert hospital.medicines["MORPH"].routes == ("intravenous", "subcutaneous")


NO_PRODUCT = "," * 13


@pytest.mark.parametrize(
    ("sheet", "row", "reason"),
    [
        ("products", "AMOX,Again,,capsule" + "," * 12, "'AMOX' stands here twice: also on line 2"),
        ("products", f"X,X,{NO_PRODUCT}", "unit is not given"),
        ("products", "X,X,,each,0,,,,,,,,,,,", "base_per_unit 0 is not between 1 and 1000"),
        ("products", "X,X,,each,3,,,,,,,,,,,", "cannot be written with three decimals"),
        ("products", "X,X,,each,,cellar,,,,,,,,,,", "storage 'cellar' is not one of"),
        ("products", "X,X,,each,,,,maybe,,,,,,,,", "high_alert 'maybe' is not yes or no"),
        ("products", "X,X,,each,,,,,,,,abc,,,,", "ndc 'abc' is not a number"),
        ("products", "X,X,,each,,,,,,,,,,,SOUTH,", "supplier 'SOUTH' is not known"),
        ("packs", "NOPE,box,1,", "product 'NOPE' is not known"),
        ("packs", "AMOX,box,0,", "quantity 0 is not between one base unit"),
        ("packs", "AMOX,box,-5,", "quantity '-5' is not a quantity"),
        ("packs", "AMOX,box,1e30,", "quantity '1e30' is not a quantity"),
        ("packs", "AMOX,box,0.5,", "quantity 0.5 is no multiple of 1"),
        ("packs", "HYDRA,box,0.75,", "quantity 0.75 is no multiple of 0.5"),
        ("packs", 'AMOX,box,"1,5",', "decimal comma"),
        ("packs", "AMOX,box,,", "quantity is empty"),
        ("packs", "AMOX,box,9999999999999,", "quantity '9999999999999' is not a quantity"),
        ("packs", "AMOX,box,1,9524321000010", "its check digit is wrong"),
        ("packs", "AMOX,box,1,952432100001", "its check digit is wrong"),
        ("packs", "AMOX,box,1,95243210000", "8, 12, 13 or 14 digits"),
        (
            "packs",
            "AMOX,box,1,9524321000026",
            "used twice: also by the pack '10 ampoules'",
        ),
        ("packs", "AMOX,box of 21,7,", "AMOX – box of 21 stands here twice"),
        ("stock_places", "X,X,cupboard,,,", "kind 'cupboard' is not one of"),
        ("stock_places", "X,X,patient,,,", "kind 'patient' is not one of"),
        ("stock_places", "X,X,,,,", "kind is not given"),
        ("stock_places", "X,X,shelf,NOPE,,", "zone 'NOPE' is not known"),
        ("stock_places", "X,X,shelf,,NOPE,", "within 'NOPE' is not known"),
        ("stock_places", "X,X,shelf,,X,", "in a circle"),
        ("stock_places", "World-waste,X,shelf,,,", "the ledger's own"),
        ("par_levels", "NOPE,AMOX,1,2", "place 'NOPE' is not known"),
        ("par_levels", "WARD,NOPE,1,2", "product 'NOPE' is not known"),
        ("par_levels", "WARD,AMOX,5,5", "par 5 is not above reorder_at 5"),
        ("par_levels", "WARD,AMOX,,5", "reorder_at is empty"),
        ("par_levels", "WARD,AMOX,0.5,5", "no multiple of 1"),
        ("par_levels", "WARD,MORPH,1,900000000", "more than 1000000000 base units"),
        ("ingredients", "Amoxicillin,,", "ingredient 'Amoxicillin' is known as 'amoxicillin'"),
        ("ingredients", f"x,{'y' * 81},", "longer than 80 characters"),
        ("medicines", "NOPE,tablet,oral,,,,", "product 'NOPE' is not known"),
        ("medicines", "HYDRO,tablet,oral,hydroxyzine 25 mg,,,", "'hydroxyzine' is not known"),
        ("medicines", "HYDRA,tablet,oral,hydralazine 25mg,,,", "an amount and its unit"),
        ("medicines", "HYDRA,tablet,oral,hydralazine 0 mg,,,", "an amount and its unit"),
        ("medicines", "HYDRA,tablet,oral,morphine 1 mg; morphine 2 mg,,,", "'morphine' twice"),
        ("medicines", "HYDRA,tablet,oral,hydralazine 0.000001 mg,,,", "with five decimals"),
    ],
)
def test_each_mistake_is_named_with_its_file_line_and_reason(sheet, row, reason):
    files = with_row(sheet, row)
    _, rejects = taken(files)
    found = the_only(rejects)
    assert (found.file, found.line) == (f"{sheet}.csv", len(files[f"{sheet}.csv"].splitlines()))
    assert reason in found.reason


def test_a_look_alike_of_nothing_is_remarked_upon_and_taken():
    hospital, rejects = taken(with_row("products", "X,X,,each,,,,,lonely,,,,,,,"))
    assert rejects == []
    remark = the_only(hospital.remarks)
    assert (remark.file, remark.line) == ("products.csv", 6)
    assert "'lonely' holds this product only" in remark.reason
    assert hospital.products["X"].look_alike_group == "lonely"


def test_what_leans_on_a_refused_place_is_refused_with_it():
    places = STORE["stock_places.csv"].replace("STORE,Store,store,HALL", "STORE,Store,store,NOPE")
    hospital, rejects = taken(with_store(stock_places=places))
    reasons = {(reject.file, reject.line): reject.reason for reject in rejects}
    assert "zone 'NOPE' is not known" in reasons["stock_places.csv", 3]
    assert "'STORE' was refused (stock_places.csv line 3)" in reasons["stock_places.csv", 2]
    assert "'SHELF-1' was refused (stock_places.csv line 2)" in reasons["par_levels.csv", 3]
    assert set(hospital.stock_places) == {"WARD"}


def test_the_base_unit_of_stored_stock_stays_as_it_is():
    known, _ = taken({**SMALL, **STORE})
    row = {"products.csv": "product,unit,base_per_unit\nMORPH,ml,1\n"}
    _, rejects = taken(row, known=known)
    assert "base_per_unit is 10 and stays so" in the_only(rejects).reason


def test_a_product_may_have_a_price():
    rows = "product,unit,price\nAMOX,capsule,0.125\nHYDRA,tablet,\n"
    hospital, rejects = taken(with_store(products=rows))
    assert hospital.products["AMOX"].price == Decimal("0.125")
    assert hospital.products["HYDRA"].price is None
    bad = "product,unit,price\nAMOX,capsule,-1\n"
    _, rejects = taken(with_store(products=bad))
    assert "price '-1' is not a price" in rejects[0].reason


def test_a_stored_gtin_is_not_given_to_another_pack():
    known, _ = taken({**SMALL, **STORE})
    row = {"packs.csv": "product,pack,quantity,gtin\nHYDRA,box of 28,28,9524321000019\n"}
    _, rejects = taken(row, known=known)
    assert "used already by the pack 'box of 21' of AMOX" in the_only(rejects).reason


def test_what_is_written_is_read_back_the_same():
    hospital, _ = taken({**SMALL, **STORE})
    again, rejects = taken({name: text.decode() for name, text in write(hospital).items()})
    assert rejects == []
    for sheet in ("suppliers", "products", "packs", "stock_places", "par_levels", "medicines"):
        assert set(again.rows(sheet)) == set(hospital.rows(sheet))
    assert again.packs == hospital.packs
    assert again.par_levels == hospital.par_levels


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(list(STORE)),
    st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)),
    st.booleans(),
)
def test_no_content_whatever_is_an_error_without_a_name(name, content, behind):
    whole = STORE[name].encode() + content if behind else content
    hospital, rejects = taken({**SMALL, **STORE, name: whole})
    assert all(reject.reason and reject.line >= 1 for reject in rejects)
    assert hospital.counts() or rejects


quantities = st.integers(1, 10**9).map(lambda thousandths: Decimal(thousandths) / 1000)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([n for n in range(1, 1001) if 1000 % n == 0]),
    quantities,
    st.sampled_from(["", "=", "+", "-", "@", "'", "'="]),
    st.lists(st.sampled_from(["oral", "by mouth", "=1", "-x"]), unique=True),
)
def test_whatever_the_store_holds_is_written_and_read_back(per_unit, quantity, before, routes):
    known, _ = taken({**SMALL, **STORE})
    whole = (quantity * per_unit).to_integral_value(ROUND_CEILING) / per_unit
    product = ProductRow("P", f"{before}Product", unit="ml", base_per_unit=per_unit)
    written = write(
        Hospital(
            products={"P": product},
            packs={("P", "-pack"): PackRow("P", "-pack", whole)},
            medicines={"P": MedicineRow("P", routes=tuple(sorted(routes)), strengths=())},
        )
    )
    again, rejects = taken({name: text.decode() for name, text in written.items()}, known=known)
    assert rejects == []
    assert again.products["P"].name == f"{before}Product"
    assert again.packs["P", "-pack"].quantity == whole
    assert again.medicines["P"].routes == tuple(sorted(routes))


def import_files(folder, files: dict[str, str], **options) -> None:
    for old in folder.glob("*.csv"):
        old.unlink()
    for name, text in files.items():
        (folder / name).write_text(text)
    call_command("import_hospital", str(folder), **options)


@pytest.mark.django_db
def test_the_database_holds_base_units_and_gives_the_same_files_back(tmp_path, capsys):
    import_files(tmp_path, {**SMALL, **STORE})
    assert Pack.objects.get(product__code="MORPH", name="10 ampoules").units == 100
    par = Par.objects.get(place__code="WARD", product__code="HYDRA")
    assert (par.reorder_at, par.par) == (15, 56)
    morphine = Medicine.objects.get(product__code="MORPH")
    assert [str(one) for one in morphine.strengths.all()] == ["morphine 10 mg"]
    shelf = StockPlace.objects.get(code="SHELF-1")
    assert (shelf.within.code, shelf.virtual) == ("STORE", False)
    assert StockPlace.objects.get(code="STORE").zone == Zone.objects.get(code="HALL")
    there, histories = stored(), Product.history.count()
    out = tmp_path / "out"
    call_command("export_hospital", str(out))
    capsys.readouterr()
    call_command("import_hospital", str(out))
    assert "Nothing to change" in capsys.readouterr().out
    assert (stored(), Product.history.count()) == (there, histories)


@pytest.mark.django_db
def test_changed_rows_of_the_store_change_what_they_name_and_nothing_else(tmp_path):
    import_files(tmp_path, {**SMALL, **STORE})
    amox = Product.objects.get(code="AMOX")
    import_files(
        tmp_path,
        {
            "products.csv": "product,high_alert\nAMOX,yes\n",
            "packs.csv": "product,pack,quantity\nAMOX,box of 21,20\n",
            "par_levels.csv": "place,product,reorder_at,par\nWARD,HYDRA,8,30\n",
            "stock_places.csv": "place,within,active\nSHELF-1,,no\n",
            "medicines.csv": (
                "product,strengths\nAMOX,amoxicillin 250 mg; clavulanic acid 125 mg\nMORPH,\n"
            ),
            "ingredients.csv": "ingredient,classes\namoxicillin,penicillins\n",
        },
    )
    amox.refresh_from_db()
    assert (amox.high_alert, amox.unit, amox.supplier.code) == (True, "capsule", "NORTH")
    assert amox.history.count() == 2
    pack = Pack.objects.get(product=amox)
    assert (pack.units, pack.gtin) == (20, "09524321000019")
    assert Par.objects.get(product__code="HYDRA").par == 60
    assert stored().medicines["AMOX"].strengths == (
        "amoxicillin 250 mg",
        "clavulanic acid 125 mg",
    )
    assert stored().medicines["AMOX"].form == "capsule"
    assert stored().medicines["MORPH"].strengths == ()
    assert Ingredient.objects.get(name="amoxicillin").classes == ["penicillins"]
    shelf = StockPlace.objects.get(code="SHELF-1")
    assert (shelf.within, shelf.active, shelf.name) == (None, False, "Shelf 1")


@pytest.mark.django_db
def test_one_bad_pack_means_that_no_product_is_imported_unless_the_good_ones_are_asked_for(
    tmp_path, capsys
):
    bad = with_row("packs", "AMOX,box,1,9524321000010")
    with pytest.raises(CommandError, match="Nothing was imported: 1 fault"):
        import_files(tmp_path, bad)
    assert "packs.csv line 6: gtin 9524321000010 is not a GTIN" in capsys.readouterr().err
    assert not Product.objects.exists()
    rejects = tmp_path / "rejects.txt"
    import_files(tmp_path, bad, accept_good=rejects)
    assert "packs.csv,6,gtin 9524321000010" in rejects.read_text()
    assert Pack.objects.count() == 4


@pytest.mark.django_db
def test_a_long_dictionary_says_how_far_it_is(monkeypatch):
    monkeypatch.setattr("hims.hospital.taking.PORTION", 2)
    hospital, _ = taken({**SMALL, **STORE})
    said: list[str] = []
    import_hospital(actor=console(), now=timezone.now(), hospital=hospital, progress=said.append)
    assert "2 of 4 products are in" in said
    assert Product.objects.count() == 4
