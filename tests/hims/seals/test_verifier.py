"""The independent verifier of exports finds every tampering that we know, and no fault where there
is none; each weakened form of it misses something."""

import ast
import contextlib
import io
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hims import verify_audit
from tests.hims.seals.mutants import mutants
from tests.hims.seals.tampering import FIRST, GOOD, LINES, SEALS, Case, cases
from tests.hims.seals.trails import NUMBERS, exported, records, seal_of

SOURCE = Path(verify_audit.__file__)
CASES = list(cases())


def asked(main: Callable[[list[str]], int], arguments: Sequence[str]) -> tuple[int, str, str]:
    """(exit status, what was said, what was complained of)"""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(list(arguments))
        except SystemExit as left:
            status = int(left.code or 0)
    return status, out.getvalue(), err.getvalue()


def arguments(case: Case, folder: Path) -> list[str]:
    (folder / "trail").write_bytes(case.file)
    found = [str(folder / "trail")]
    for seal in case.seals:
        found += ["--seal", seal]
    if case.before is not None:
        (folder / "before").write_bytes(case.before)
        found += ["--before", str(folder / "before")]
    return found


def fault_of(main: Callable[[list[str]], int], case: Case, folder: Path) -> str | None:
    """How `main` does otherwise than it should in this case; None if it does not."""
    status, said, complained = asked(main, arguments(case, folder))
    if status != case.status:
        return f"{case.name}: exit {status}, {said or complained}"
    if status == 0:
        count = records(case.file)[0]["seals"]
        newest = f"the newest is {seal_of(case.file, count)}" if count else "there is no seal"
        whole = said.startswith("All holds: ") and said.endswith(f"; {newest}.\n")
        return None if whole and said.count("\n") == 1 else said
    if said or not complained.startswith(case.says) or complained.count("\n") != 1:
        return f"{case.name}: {complained!r} and not {case.says!r}"
    return None


BEGINS = "All holds: 13 entries under 3 seals, 3 not sealed yet; "
SUMMARIES: list[tuple[list[str], str]] = [
    ([], "nothing kept outside was compared"),
    (["--seal", SEALS[1]], "1 seals and 0 earlier exports kept outside agree"),
    (["--before", "trail"], "0 seals and 1 earlier exports kept outside agree"),
]
WRONGLY: list[list[str]] = [
    [],
    ["--seal"],
    ["trail", "--seal", "1"],
    ["trail", "--seal", "0:" + "0" * 16],
    ["trail", "--seal", "1:" + "0" * 15],
    ["trail", "--seal", "1:" + "0" * 65],
    ["trail", "--seal", "1" * 19 + ":" + "0" * 16],
    ["trail", "--seal", "1:" + "g" * 16],
    ["trail", "--seal", " 1:" + "0" * 16],
    ["trail", "trail"],
    ["--other"],
]
NOT_THERE = [["missing"], ["."], ["trail", "--before", "missing"]]


def faults_of(main: Callable[[list[str]], int], folder: Path) -> Iterator[str]:
    """How `main` does otherwise than it should when it is asked otherwise than in the cases; the
    folder is the current one."""
    (folder / "trail").write_bytes(GOOD)
    for more, compared in SUMMARIES:
        said = asked(main, ["trail", *more])
        if said != (0, f"{BEGINS}{compared}; the newest is {SEALS[2]}.\n", ""):
            yield f"{more}: {said}"
    for words in WRONGLY:
        status, said, complained = asked(main, words)
        if (status, said) != (2, "") or "usage:" not in complained:
            yield f"{words}: {status} {said}{complained}"
        if any(":" in word for word in words) and "a seal is NUMBER:HASH" not in complained:
            yield f"{words}: {complained}"
    for words in NOT_THERE:
        status, said, complained = asked(main, words)
        if (status, said) != (2, "") or not complained.startswith(f"{words[-1]} cannot be read: "):
            yield f"{words}: {status} {said}{complained}"


def test_every_tampering_is_found_and_named(tmp_path):
    assert [fault for case in CASES if (fault := fault_of(verify_audit.main, case, tmp_path))] == []
    assert len({case.name for case in CASES}) == len(CASES) > 130


def test_it_says_in_one_line_what_holds_and_what_was_asked_wrongly(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert list(faults_of(verify_audit.main, tmp_path)) == []


def test_each_changed_byte_is_found_with_the_line_and_the_entry_it_is_in(tmp_path):
    file, place = tmp_path / "trail", 0
    for number, line in enumerate(LINES, 1):
        digits = [match.span(1) for match in re.finditer(rb'"number":(\d+)', line)]
        for within in range(len(line)):
            changed = bytearray(GOOD)
            changed[place + within] ^= 1
            file.write_bytes(changed)
            with pytest.raises(verify_audit.Bad) as bad:
                verify_audit.check(str(file), [], None)
            complained = f"{bad.value}."
            if FIRST < number < len(LINES):
                entry = NUMBERS[number - 1 - FIRST]
                assert f"line {number} " in complained
                if not any(begin <= within < end for begin, end in digits):
                    # a broken name of the number itself leaves only the place
                    own = (f"entry {entry}:", f"holds entry {entry}.", f"line {number} is")
                    assert any(word in complained for word in own), complained
        place += len(line)
    assert place == len(GOOD)


@settings(max_examples=30)
@given(
    st.permutations(range(1, 15)),
    st.sets(st.integers(1, 13), max_size=4),
    st.integers(0, 2**32),
    st.sampled_from(["changed", "dropped", "put in", "lines swapped", "cut"]),
)
def test_any_trail_holds_and_any_change_of_its_file_is_found(numbers, ends, chance, how):
    bounds = [0, *sorted(ends), 14]
    *under, unsealed = [sorted(numbers[a:b]) for a, b in pairwise(bounds)]
    whole = exported(under, unsealed)
    place, lines = chance % len(whole), whole.splitlines(keepends=True)
    one, other = chance % len(lines), chance // 7 % len(lines)
    lines[one], lines[other] = lines[other], lines[one]
    changed = {
        "changed": whole[:place] + bytes([whole[place] ^ (1 + chance % 255)]) + whole[place + 1 :],
        "dropped": whole[:place] + whole[place + 1 :],
        "put in": whole[:place] + bytes([chance % 256]) + whole[place:],
        "lines swapped": b"".join(lines),
        "cut": whole[:place],
    }[how]
    with tempfile.TemporaryDirectory() as folder:
        assert fault_of(verify_audit.main, Case("any", whole), Path(folder)) is None
        if changed != whole:
            (Path(folder) / "trail").write_bytes(changed)
            assert asked(verify_audit.main, [f"{folder}/trail"])[0] == 1


def test_it_runs_alone_in_any_folder_and_imports_the_standard_library_only(tmp_path):
    (tmp_path / "trail").write_bytes(GOOD)
    alone = tmp_path / "verify_audit.py"
    alone.write_text(SOURCE.read_text())
    for program, status in [(SOURCE, 0), (alone, 0)]:
        told = subprocess.run(
            [sys.executable, "-S", program, "trail"], cwd=tmp_path, capture_output=True, check=False
        )
        assert (told.returncode, told.stderr) == (status, b"")
    (tmp_path / "trail").write_bytes(GOOD.replace(b"n3", b"n4"))
    told = subprocess.run(
        [sys.executable, alone, "trail"], cwd=tmp_path, capture_output=True, check=False
    )
    assert told.returncode == 1
    named = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(SOURCE.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {str(name).split(".")[0] for name in named} <= sys.stdlib_module_names


WHICH_BIT = "thousands, bit = number // 4096, 1 << number % 4096"
# What a changed verifier does no otherwise -> why not.
EQUIVALENT = {
    **{f"{by}: {WHICH_BIT}": "any such split gives each number a bit of its own" for by in
       ("+1", "-1")},
    "the other way round: self.seen[thousands] = self.seen.get(thousands, 0) + bit": "a sum",
    '+1: size, node = 1, bytes.fromhex(entry["leaf"])': "sizes are only compared with each other",
    '+1: size, node = size * 2, digest(b"\\x01", peaks.pop()[1] + node)': "likewise",
    "+1: if self.stream.read(1):": "two bytes are something, too",
}  # fmt: skip


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_every_weakened_verifier_is_found_out(tmp_path, monkeypatch):
    """Each check dropped, each comparison turned round, each number and mark another: every such
    program says something else at least once."""
    monkeypatch.chdir(tmp_path)
    survivors = [
        name for name, main in mutants(SOURCE.read_text()) if _does_all_well(main, tmp_path)
    ]
    assert set(survivors) == set(EQUIVALENT)


def _does_all_well(main: Callable[[list[str]], int], folder: Path) -> bool:
    try:
        return not any(fault_of(main, case, folder) for case in CASES) and not any(
            faults_of(main, folder)
        )
    except Exception:  # it fell over, or did not come to an end
        return False
