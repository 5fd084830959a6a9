"""The figure of learning: it rises with scans, and is measured on scans that taught nothing."""

from hims.bench import learning


def test_the_figure_of_learning_rises_with_the_scans():
    said = []
    rows = learning.measure(None, said.append, scans=(30, 300), judging=150, worlds=1)
    figures = {figure.name: figure for figure in rows}
    assert list(figures) == ["learning_0", "learning_30", "learning_300"]
    assert figures["learning_0"].ratio == 1
    assert figures["learning_300"].value > figures["learning_0"].value
    assert all(0 < figure.value <= 100 for figure in rows)
    assert said


def test_the_scans_that_judge_are_not_those_that_teach():
    world = learning.World(2)
    teach, judge = world.scanned(20), world.scanned(20)
    assert teach.rssi.tolist() != judge.rssi.tolist()
    assert set(teach.zone.tolist()) <= set(world.zone.values())
