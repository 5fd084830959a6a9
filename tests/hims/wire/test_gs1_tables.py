"""GS1's own tables of right and wrong codes: how often we agree, and that no right one is split
wrongly. The tables are not part of the project: without them these tests skip."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from hims.wire.codes import Code, read

TODAY = date(2026, 11, 22)
TOGETHER = {"incomplete", "excluded", "repeated"}


@dataclass(frozen=True)
class Row:
    text: str
    valid: bool
    elements: list | None
    symbology: str = ""


@dataclass(frozen=True)
class Table:
    """together: the table also judges which identifiers may stand together."""

    rows: list[Row]
    together: bool = False


@pytest.fixture
def tables(recordings) -> dict[str, Table]:
    folder = recordings / "gs1"
    if not folder.is_dir():
        pytest.skip(f"no GS1 tables in {folder}")
    return tables_in(folder)


def tables_in(folder: Path) -> dict[str, Table]:
    def rows(name: str) -> list[dict]:
        return json.loads((folder / f"{name}.json").read_text())["rows"]

    def plain(name: str) -> list[Row]:
        return [Row(row["input"], row["valid"], row.get("expected_ais")) for row in rows(name)]

    bracketed = [row for row in rows("bracketed") if row["fnc1"]]
    return {
        "element_strings": Table(
            [
                Row(row["scan"], row["valid"], row["expected_ais"], "]d2" * row["fnc1_first"])
                for row in rows("element_strings")
            ]
        ),
        "bracketed": Table(plain("bracketed")),
        "bracketed, as scanned": Table(
            [
                Row("]d2" + row["fnc1"][1:].replace("^", "\x1d"), True, row["expected_ais"])
                for row in bracketed
            ]
        ),
        "scan_data": Table(plain("scan_data")),
        "associations": Table(plain("associations"), together=True),
        "digital_link": Table(plain("digital_link"), together=True),
        "ai_value_errors": Table(plain("ai_value_errors")),
        "generate_scan_data": Table(
            [Row(row["scan"], True, None) for row in rows("generate_scan_data") if row["scan"]]
        ),
    }


def verdict(code: Code, row: Row, table: Table) -> bool:
    """Whether we take the row for right."""
    stops = {found.code for found in code.findings if found.severity == "stop"}
    if not table.together:
        stops -= TOGETHER
    return not stops and (code.format != "none" or (row.valid and not row.elements))


def agrees(row: Row, table: Table) -> bool:
    code = read(row.text, today=TODAY, symbology=row.symbology)
    right = verdict(code, row, table)
    if right and row.valid and row.elements is not None:
        return [list(element) for element in code.elements] == row.elements
    return right == row.valid


AT_LEAST = {
    "element_strings": 1.0,
    "bracketed": 1.0,
    "bracketed, as scanned": 1.0,
    "scan_data": 0.9,
    "associations": 0.97,
    "digital_link": 0.94,
    "ai_value_errors": 0.35,  # 36 of 59 are coupons, which no hospital stocks
    "generate_scan_data": 1.0,
}


def test_we_agree_with_the_tables_of_gs1(tables):
    agreed = {name: sum(agrees(row, table) for row in table.rows) for name, table in tables.items()}
    for name, table in tables.items():
        print(f"{name}: {agreed[name]} of {len(table.rows)}")
    few = {
        name: agreed[name]
        for name, table in tables.items()
        if agreed[name] < AT_LEAST[name] * len(table.rows)
    }
    assert not few


def test_no_right_code_is_split_wrongly(tables):
    wrong = [
        (name, row.text)
        for name, table in tables.items()
        for row in table.rows
        if row.valid and not agrees(row, table)
        if verdict(read(row.text, today=TODAY, symbology=row.symbology), row, table)
    ]
    assert not wrong


ACTED_UPON = ("00", "01", "02", "10", "11", "15", "17", "21", "30", "37", "414", "710", "711",
              "712", "713", "714", "715", "716", "717", "8003", "8004", "8017", "8018")  # fmt: skip


def test_the_identifiers_that_we_act_upon_are_judged_as_gs1_judges_them(tables):
    wrong = [
        (name, row.text)
        for name, table in tables.items()
        for row in table.rows
        if name in {"ai_value_errors", "element_strings", "bracketed"}
        and row.text.lstrip("(").startswith(ACTED_UPON)
        and not agrees(row, table)
    ]
    assert not wrong
