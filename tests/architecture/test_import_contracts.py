"""The floors: imports go down only, and each contract that says so can really be broken."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.source import CHECKOUT, PACKAGES, ROOMS, modules

CONTRACTS = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]

# contract -> bad imports, each of which must break it alone: (file, line to add)
CRIMES = {
    "floors": [
        ("inventory/models/assets.py", "from tracking.models import Tag"),
        ("tracking/wire/addresses.py", "import pharmacy"),
    ],
    "ground": [
        ("hims/models/places.py", "import inventory.models"),
        ("hims/queries/places.py", "from tracking.queries import locate"),
        ("hims/web/page.py", "def late():\n    from pharmacy import x"),
    ],
    "roof": [
        ("hims/web/page.py", "import hims.urls"),
        ("tracking/queries/locate.py", "from hims.hospital.taking import import_hospital"),
        ("inventory/actions/assets.py", "import hims.settings"),
    ],
    "rooms": [
        ("tracking/queries/locate.py", "from tracking.actions import sightings"),
        ("inventory/models/assets.py", "from inventory.queries import anything"),
        ("hims/actions/actors.py", "from hims.web import page"),
        ("tracking/domain/engine.py", "from tracking.wire import minew"),
        ("tracking/api/assets.py", "from tracking.feeds import door"),
    ],
    "pure": [
        ("tracking/domain/engine.py", "from django.db import connection"),
        ("hims/wire/own_codes.py", "import psycopg"),
        ("inventory/domain/availability.py", "from inventory.models import Asset"),
        ("hims/domain/routes.py", "import time"),
    ],
    "pages": [
        ("inventory/web/urls.py", "from tracking.api import assets"),
        ("hims/web/page.py", "from hims.api import base"),
        ("hims/web/errors.py", "from rest_framework.response import Response"),
    ],
    "programs": [("tracking/api/assets.py", "from hims.web import page")],
    "machines": [("tracking/feeds/door.py", "from hims.api import base")],
    "parties": [
        ("tracking/actions/sightings.py", "import celery"),
        ("hims/simulation/trial.py", "import simpy"),
        ("pharmacy/web/counter.py", "import reportlab"),
        ("inventory/models/assets.py", "import biip"),
        ("hims/wire/hl7v2/adt.py", "import hl7"),
        ("hims/reporting/csv_files.py", "import xlsxwriter"),
        ("inventory/models/assets.py", "from simple_history.models import HistoricalRecords"),
    ],
}


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


# Commits each crime in the folder it runs in, asks its contract alone, and undoes it.
JUDGE = """
import contextlib, io, json, pathlib, sys
from importlinter.cli import lint_imports
sys.path.insert(0, "")
verdicts = []
for contract, file, line in json.load(sys.stdin):
    spoilt = pathlib.Path(file)
    was = spoilt.read_text()
    spoilt.write_text(f"{was}\\n{line}\\n")
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = lint_imports(limit_to_contracts=(contract,), no_cache=True)
    spoilt.write_text(was)
    verdicts.append([code, said.getvalue()])
json.dump(verdicts, sys.stdout)
"""


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    """The source alone, in a folder where it may be spoilt."""
    folder = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(
            CHECKOUT / package,
            folder / package,
            ignore=lambda _, names: [
                name for name in names if name in {"static", "templates", "__pycache__"}
            ],
        )
    shutil.copy(CHECKOUT / "pyproject.toml", folder)
    return folder


def test_every_import_contract_holds():
    said = linted(CHECKOUT)
    assert said.returncode == 0, said.stdout


def test_every_contract_has_a_crime_that_proves_it():
    assert {contract["id"] for contract in CONTRACTS} == set(CRIMES)


ALL_CRIMES = [(contract, *crime) for contract, crimes in CRIMES.items() for crime in crimes]


@pytest.fixture(scope="module")
def verdicts(copied) -> dict[tuple[str, str, str], tuple[int, str]]:
    """What the linter said of each crime."""
    judge = subprocess.run(
        [sys.executable, "-c", JUDGE],
        cwd=copied,
        input=json.dumps(ALL_CRIMES),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(ALL_CRIMES, map(tuple, json.loads(judge.stdout)), strict=True))


@pytest.mark.parametrize("crime", ALL_CRIMES, ids=" ".join)
def test_a_bad_import_breaks_its_contract(verdicts, crime):
    code, said = verdicts[crime]
    assert (code, "BROKEN" in said) == (1, True), said


def test_the_roof_is_the_same_list_in_both_contracts():
    by_id = {contract["id"]: contract for contract in CONTRACTS}
    excused = {
        line.split(" -> ")[0].removesuffix(".*").removesuffix(".**").removesuffix(".commands")
        for line in by_id["ground"]["ignore_imports"]
    }
    protected = set(by_id["roof"]["protected_modules"])
    assert excused <= protected
    assert set(by_id["roof"]["allowed_importers"]) <= protected


# What stands in `hims` beside its rooms: the gates and what carries the house, one subject each.
BESIDE_THE_ROOMS = {
    "access",
    "action",
    "alert_rules",
    "apps",
    "backup",
    "barcodes",
    "bridge",
    "broker",
    "checks",
    "children",
    "codes",
    "database",
    "delivery",
    "errors",
    "gate",
    "health",
    "inbox_parts",
    "jobs",
    "live",
    "migrations",
    "printing",
    "production",
    "reporting",
    "secret",
    "subjects",
    "templatetags",
    "verifiers",
    "verify_audit",
    "verifying",
}
OF_EVERY_APP = {
    "alert_rules",
    "apps",
    "health",
    "inbox_parts",
    "management",
    "migrations",
    "printing",
    "rules",
    "subjects",
    "templatetags",
    "verifiers",
}


def test_every_module_lies_in_a_room_or_is_named_as_standing_beside_them():
    roof = next(one for one in CONTRACTS if one["id"] == "roof")["protected_modules"]
    lost = []
    for module in modules():
        if module.room in {"", *ROOMS}:
            continue
        on_the_roof = any(module.name == one or module.name.startswith(f"{one}.") for one in roof)
        beside = BESIDE_THE_ROOMS if module.parts[0] == "hims" else OF_EVERY_APP
        if not on_the_roof and module.room not in beside:
            lost.append(module.name)
    assert not lost, "no contract says what these may import; give them a room"


def test_every_app_with_rooms_is_under_the_contract_of_rooms():
    containers = set(next(one for one in CONTRACTS if one["id"] == "rooms")["containers"])
    with_rooms = {module.parts[0] for module in modules() if module.room in ROOMS}
    assert with_rooms == containers
