"""NEDOCS and EDWIN against worked examples."""

import pytest

from hims.domain.crowding import edwin, edwin_band, nedocs, nedocs_band

BUSY = {
    "patients": 35,
    "ed_beds": 25,
    "admitted_held": 8,
    "hospital_beds": 300,
    "one_to_one": 4,
    "longest_admit_h": 3.5,
    "last_door_to_bed_h": 2.0,
}


def test_nedocs_of_the_worked_example():
    # -20 + 120.12 + 16 + 53.6 + 3.255 + 11.28
    assert nedocs(**BUSY) == pytest.approx(184.255)
    assert nedocs_band(nedocs(**BUSY)) == "dangerous"


def test_nedocs_is_not_defined_without_beds():
    assert nedocs(**BUSY | {"ed_beds": 0}) is None
    assert nedocs(**BUSY | {"hospital_beds": 0}) is None
    assert nedocs_band(None) is None


@pytest.mark.parametrize(
    ("score", "band"),
    [(-12, "not_busy"), (20.4, "not_busy"), (21, "busy"), (60, "busy"), (100, "extremely_busy"),
     (101, "overcrowded"), (180, "severe"), (181, "dangerous")],
)  # fmt: skip
def test_nedocs_bands(score, band):
    assert nedocs_band(score) == band


def test_edwin_counts_the_sickest_most():
    # 1 x 5 + 3 x 4 + 10 x 3 + 4 x 2 + 2 x 1 = 57; 3 physicians, 20 bays of which 5 hold boarders
    esi = {1: 1, 2: 3, 3: 10, 4: 4, 5: 2}
    score = edwin(by_acuity=esi, physicians=3, bays=20, boarders=5)
    assert score == pytest.approx(57 / 45)
    assert edwin_band(score) == "manageable"
    assert edwin(by_acuity={1: 1}, physicians=1, bays=1, boarders=0) == 5
    assert edwin(by_acuity={5: 1}, physicians=1, bays=1, boarders=0) == 1


def test_edwin_is_not_defined_without_a_physician_or_a_free_bay():
    assert edwin(by_acuity={3: 1}, physicians=0, bays=20, boarders=0) is None
    assert edwin(by_acuity={3: 1}, physicians=2, bays=20, boarders=20) is None
    assert edwin_band(None) is None


@pytest.mark.parametrize(
    ("score", "band"), [(1.49, "manageable"), (1.5, "busy"), (2.0, "busy"), (2.1, "crowded")]
)
def test_edwin_bands(score, band):
    assert edwin_band(score) == band
