"""Lists of interactions: read line by line, loaded with their source, looked up by name."""

import csv
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.models import Interaction, KnowledgeSource
from pharmacy.wire.interactions import read
from tests.architecture.source import CHECKOUT

ONC = CHECKOUT / "fixtures/knowledge/onc_high_priority.csv"

GOOD = """\
# name: House list
# citation: minutes of January
# dated: 2026-01-31
a,b,severity,text
Simvastatin,Strong CYP3A4 inhibitors,stop,"Muscle, damaged."
"""


def test_names_are_folded_and_put_in_order():
    found = read(GOOD.splitlines(keepends=True))
    (pair,) = found.pairs
    assert (pair.a, pair.b, pair.severity) == ("simvastatin", "strong cyp3a4 inhibitors", "stop")
    assert (found.name, found.citation, str(found.dated_on)) == (
        "House list",
        "minutes of January",
        "2026-01-31",
    )
    assert read(["a,b,severity,text\n", "zinc,Aluminium,warn,x\n"]).pairs[0].a == "aluminium"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("simvastatin,,stop,x", "names"),
        ("a,b,deadly,x", "severity"),
        ("strong CYP3A4 inhibitors,SIMVASTATIN,warn,x", "line 5"),
        (f"a,b,warn,{'x' * 501}", "too long"),
        ('"a,b,warn', "CSV"),
    ],
)
def test_a_bad_line_is_named_and_spoils_no_other(line, reason):
    found = read([*GOOD.splitlines(), line])
    assert len(found.pairs) == 1
    ((number, why),) = found.rejects
    assert number == 6
    assert reason in why


@given(text=st.lists(st.text(max_size=60), max_size=8))
def test_no_text_breaks_the_reading(text):
    found = read(text)
    assert all(pair.a <= pair.b for pair in found.pairs)


def test_the_list_that_comes_with_it_has_no_bad_line_and_names_its_source():
    found = read(ONC.read_text().splitlines())
    assert not found.rejects
    assert "2012;19" in found.citation
    assert found.dated_on is not None


def test_the_list_that_comes_with_it_holds_each_pair_of_the_reference(recordings):
    reference = recordings / "drugs/onc_high_priority_pairs.csv"
    names = {name for pair in read(ONC.read_text().splitlines()).pairs for name in (pair.a, pair.b)}
    lines = [line for line in reference.read_text().splitlines() if not line.startswith("#")]
    said = " ".join(sorted(names))
    for row in csv.DictReader(lines):
        for side in ("object_class", "precipitant_class"):
            word = row[side].lower().split(" and ")[0].split(" (")[0]
            assert word in said or row[side].startswith("Narcotic"), row


@pytest.mark.django_db
def test_a_list_is_loaded_whole_and_replaces_what_it_held(tmp_path):
    file = tmp_path / "house.csv"
    file.write_text(GOOD)
    call_command("import_interactions", str(file), stdout=StringIO())
    file.write_text(GOOD.replace("Simvastatin", "Lovastatin"))
    said = StringIO()
    call_command("import_interactions", str(file), stdout=said)
    assert "Loaded 1 pairs of House list" in said.getvalue()
    assert Interaction.objects.get().a == "lovastatin"
    assert KnowledgeSource.objects.get().rows == 1


@pytest.mark.django_db
def test_a_list_with_a_bad_line_is_not_loaded_unless_the_good_ones_are_asked_for(tmp_path):
    file = tmp_path / "house.csv"
    file.write_text(f"{GOOD}a,b,deadly,x\n")
    with pytest.raises(CommandError, match="1 lines to mend"):
        call_command("import_interactions", str(file), stderr=StringIO())
    assert not Interaction.objects.exists()
    call_command("import_interactions", str(file), "--accept-good", stderr=StringIO())
    assert Interaction.objects.count() == 1
