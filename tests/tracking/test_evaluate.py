"""`manage.py evaluate` on material of our own, and on real recordings where there are any."""

import csv
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

FILES = {
    "gateways.csv": "gateway,floor,x,y,z\nA,0,2,2,2.5\nB,0,8,2,2.5\n",
    "zones.csv": "zone,floor,polygon\n"
    'left,0,"POLYGON((0 0, 5 0, 5 4, 0 4, 0 0))"\n'
    'right,0,"POLYGON((5 0, 10 0, 10 4, 5 4, 5 0))"\n',
    "neighbours.csv": "zone,neighbour\nleft,right\n",
}


def near(gateway: str, at: float) -> str:
    """Readings of a tag that lies beside a gateway: strong there, weak at the other."""
    strong, weak = ("A", "B") if gateway == "A" else ("B", "A")
    return f"{at},walk,{strong},-50.5\n{at},walk,{weak},-78\n"


@pytest.fixture
def folder(tmp_path):
    rows = [("A", 100 + n) for n in range(20)] + [("B", 130 + n) for n in range(20)]
    files = FILES | {
        "readings.csv": "at,tag,gateway,rssi\n" + "".join(near(*row) for row in rows),
        "truth.csv": "at,tag,zone,x,y\n"
        + "".join(
            f"{at},walk,{'left' if gateway == 'A' else 'right'},{2 if gateway == 'A' else 8},2\n"
            for gateway, at in rows
        ),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def evaluated(folder, *options) -> dict:
    out = StringIO()
    call_command("evaluate", str(folder), "--json", *options, stdout=out)
    return json.loads(out.getvalue())


def test_a_tag_that_changes_rooms_is_placed_in_both_and_the_figures_say_so(folder):
    figures = evaluated(folder)
    assert figures["samples"] == 40
    assert figures["zone_accuracy"] > 0.9
    assert figures["transitions"] == figures["true_transitions"] == 1
    assert figures["history"]["lag_s"] <= 3
    assert figures["history"]["zone_accuracy"] >= figures["zone_accuracy"]


def test_beside_the_engine_stand_plain_methods_on_the_same_readings(folder):
    plain = evaluated(folder)["references"]
    assert set(plain) == {"strongest", "smoothed_strongest"}
    assert plain["strongest"]["zone_accuracy"] == 1.0
    survey = (folder / "readings.csv").read_text(), (folder / "truth.csv").read_text()
    for name, text in zip(("survey_readings.csv", "survey_truth.csv"), survey, strict=True):
        (folder / name).write_text(text)
    assert evaluated(folder)["references"]["nearest_fingerprints"]["zone_accuracy"] > 0.9


def test_a_big_hospitals_twenty_cells_are_the_same_engine(folder):
    assert evaluated(folder, "--cells", "20")["zone_accuracy"] > 0.9


def test_predictions_are_written_one_row_per_row_of_truth(folder):
    evaluated(folder, "--predictions", str(folder / "out.csv"))
    with (folder / "out.csv").open() as written:
        rows = list(csv.DictReader(written))
    assert len(rows) == 40
    assert list(rows[0]) == [
        "at", "tag", "zone", "probability", "x", "y", "history_zone", "history_x", "history_y",
    ]  # fmt: skip
    assert {row["zone"] for row in rows} == {"left", "right"}


def test_truth_without_labels_gives_predictions_and_no_figures(folder):
    (folder / "truth.csv").write_text("at,tag\n105,walk\n140,walk\n")
    figures = evaluated(folder, "--predictions", str(folder / "out.csv"))
    assert figures["zone_accuracy"] is None
    assert figures["mean_error_m"] is None
    assert len((folder / "out.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("gateways.csv", None, "gateways.csv is missing"),
        ("gateways.csv", "gateway,floor,x,y,z\n", "there is no gateway"),
        ("zones.csv", "zone,floor,polygon\nleft,0,\n", "no zone has a polygon"),
        ("zones.csv", "zone,floor,polygon\nleft,0,ROUND\n", "the polygon is no WKT"),
        ("truth.csv", "at,tag\nsoon,walk\n", "truth.csv line 2"),
        ("readings.csv", "at,tag,gateway\n", "readings.csv has no column rssi"),
    ],
)
def test_a_folder_that_is_no_recording_is_refused_by_name(folder, file, text, said):
    if text is None:
        (folder / file).unlink()
    else:
        (folder / file).write_text(text)
    with pytest.raises(CommandError, match=said):
        evaluated(folder)


@pytest.mark.parametrize(
    ("site", "accuracy"), [("flat", 0.8), pytest.param("office", 0.75, marks=pytest.mark.proof)]
)
def test_real_recordings_are_placed_better_than_by_the_strongest_gateway(
    recordings, site, accuracy
):
    assert evaluated(recordings / "ble" / site)["zone_accuracy"] > accuracy
