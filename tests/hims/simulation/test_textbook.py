"""The textbook department reproduces what was published of it."""

import csv
import json
import os
from pathlib import Path

import pytest

pytest.importorskip("simpy", reason="the simulation needs simpy: pip install 'hims[simulation]'")

from hims.simulation.textbook import Textbook, against_published

RECORDINGS = Path(os.environ.get("HIMS_RECORDINGS", Path(__file__).parents[4] / "shared" / "data"))
PUBLISHED = RECORDINGS / "ed"


def test_every_published_mean_lies_within_the_interval():
    if not PUBLISHED.is_dir():
        pytest.skip(f"no published parameters in {PUBLISHED}: set HIMS_RECORDINGS")
    parameters = json.loads((PUBLISHED / "treat_sim_parameters.json").read_text())
    with (PUBLISHED / "treat_sim_ed_arrivals.csv").open() as rows:
        hourly = [float(row["arrival_rate"]) for row in csv.DictReader(rows)]
    held = against_published(parameters, hourly, replications=200)
    assert len(held) == 16
    # sixteen figures at once: 2.95 standard errors keep the 95 % for all of them together
    assert [one for one in held if abs(one.sigmas) > 2.95] == []


def small(**resources) -> dict:
    """Our own numbers: everybody takes ten minutes at each desk; nobody is a trauma."""
    ten = {"dist": "lognormal", "mean": 10.0, "var": 1e-9}
    desks = {"triage": 9, "registration": 9, "exam": 9, "trauma": 1,
             "cubicle_non_trauma": 9, "cubicle_trauma": 1}  # fmt: skip
    steps = ("triage", "registration", "examination", "trauma_stabilisation",
             "trauma_treatment", "non_trauma_treatment")  # fmt: skip
    return dict.fromkeys(steps, ten) | {
        "p_trauma": 0.0, "p_treat_non_trauma": 1.0, "resources": desks | resources,
    }  # fmt: skip


def test_with_desks_for_everybody_a_visit_is_the_sum_of_its_steps():
    figures = Textbook(small(), [6.0] * 18, seed=1).run()
    assert figures["05_total_time(non-trauma)"] == pytest.approx(40, abs=0.2)
    assert figures["01a_triage_wait"] == 0
    assert figures["01b_triage_util"] == pytest.approx(
        figures["00_arrivals"] * 10 / (1140 * 9), rel=0.01
    )


def test_where_a_desk_is_short_people_wait_there_and_nowhere_after():
    figures = Textbook(small(registration=1), [9.0] * 18, seed=1).run()
    assert figures["02a_registration_wait"] > 60
    assert figures["03a_examination_wait"] == 0
    assert figures["02b_registration_util"] > 0.9
