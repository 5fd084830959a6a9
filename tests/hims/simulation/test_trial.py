"""The whole evaluation, very small: every part is there and says what it may."""

import json
import sys
from dataclasses import replace
from io import StringIO
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command

pytest.importorskip("simpy", reason="the simulation needs simpy: pip install 'hims[simulation]'")

from hims.simulation import chart, prediction, shown, trial
from hims.simulation.parameters import Scenario

TINY = replace(
    trial.FAST, replications=2, days=2, warm_up_days=1, loads=(60.0, 112.0), delays=(1.0, 10.0),
    missed=(0.0, 0.25), erlang_replications=2, erlang_days=6, prediction_replications=2,
    prediction_days=12, doubts=True,
)  # fmt: skip


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory) -> tuple[dict, str, str, str]:
    """What the command printed with --json and without, its stderr, and its chart."""
    chart_file = tmp_path_factory.mktemp("chart") / "flow.svg"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial, "FAST", TINY)
        out, err = StringIO(), StringIO()
        call_command(
            "simulate_flow", fast=True, json=True, chart=chart_file, stdout=out, stderr=err
        )
    return json.loads(out.getvalue()), err.getvalue(), chart_file.read_text()


def test_json_alone_on_stdout_with_what_is_promised(evaluated):
    found, progress, _ = evaluated
    assert found["control_difference"] == 0
    assert {"servers", "arrivals_per_min", "service_min", "simulated_low", "simulated_high"} <= set(
        found["erlang_c"]
    )
    assert len(found["sweep"]) == 2 * (2 + 3)
    for row in found["sweep"]:
        for one in (*row["figures"].values(), *row["difference"].values()):
            assert one["low"] <= one["mean"] <= one["high"]
    assert "simulated departments" in progress
    halved, doubled = found["doubts"][:2]
    assert (halved["name"], doubled["name"]) == ("patience halved", "patience doubled")
    assert halved["difference"] != doubled["difference"]


def test_the_words_carry_the_numbers_and_their_limits(evaluated):
    found, _, _ = evaluated
    said = shown.whole(found)
    system = found["comparators"][0]["difference"]["door_to_room"]["mean"]
    assert f"{system:+.2f}" in shown.paragraph(found)
    assert "assumed" in shown.paragraph(found)
    assert all(row["name"] in said for row in found["parameters"])
    hours = found["room_hours"]
    assert hours["hours_per_day"] == pytest.approx(
        hours["turns_per_day"] * hours["minutes_saved"] / 60
    )


def test_the_chart_draws_one_line_for_each_load(evaluated):
    found, _, drawn = evaluated
    tree = ElementTree.fromstring(drawn)  # noqa: S314 - our own picture
    assert len([one for one in tree.iter() if one.tag.endswith("polyline")]) == 2
    assert "112 a day" in drawn
    assert chart.text(found).count("min ") == 4


def test_without_simpy_it_says_what_to_install(monkeypatch):
    for name in [one for one in sys.modules if one.startswith("hims.simulation")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "simpy", None)
    with pytest.raises(CommandError, match="pip install"):
        call_command("simulate_flow", fast=True)


def test_the_prediction_beats_the_rolling_mean_in_the_queue_and_covers_what_it_says():
    scenario = replace(Scenario(), arrivals_per_day=124.0, days=25, warm_up_days=3)
    found = prediction.judge(scenario, 2)
    assert found.error < found.rolling_error
    assert found.long_error < found.rolling_long_error
    assert 80 <= found.coverage <= 95
