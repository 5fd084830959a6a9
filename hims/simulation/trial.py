"""The whole evaluation: which scenarios are run how often, and what is kept of them.

The unknown, how late news travels, is swept and not chosen. Every difference is paired with a
department by word of mouth that meets the same people with the same luck.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from typing import Any

from hims.simulation import measures, prediction, queueing
from hims.simulation.measures import Run
from hims.simulation.parameters import Scenario, table

WORKERS = 2
LOAD = 112.0
"""Patients a day in every part but the sweep."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much is run: replications, days (the first ones warm up), how fine the sweep is, and
    whether the benefit is asked again with other assumptions."""

    replications: int
    days: int
    warm_up_days: int
    loads: tuple[float, ...]
    delays: tuple[float, ...]
    imperfect_delays: tuple[float, ...]
    missed: tuple[float, ...]
    adopted: tuple[float, ...]
    erlang_replications: int
    erlang_days: int
    prediction_replications: int
    prediction_days: int
    doubts: bool


FAST = Size(6, 12, 2, (85.0, 112.0, 120.0), (0.0, 1.0, 5.0, 10.0, 20.0), (1.0,),
            (0.0, 0.15, 0.25), (1.0, 0.5), 20, 40, 5, 30, False)  # fmt: skip
WHOLE = Size(12, 20, 3, (85.0, 100.0, 112.0, 120.0, 130.0), (0.0, 1.0, 2.0, 5.0, 10.0, 20.0),
             (1.0, 5.0), (0.0, 0.05, 0.15, 0.25), (1.0, 0.5), 20, 60, 10, 60, True)  # fmt: skip


def by_mouth(scenario: Scenario) -> Scenario:
    """The comparison of every difference: no system, everything told by word of mouth."""
    return replace(scenario, adopted=0.0)


def with_system(scenario: Scenario, delay: float = 1.0, **more: Any) -> Scenario:
    """The system in use, both messages `delay` minutes late in the mean; `more` changes more."""
    return replace(scenario, **{"adopted": 1.0, "told_cleaner": delay, "told_nurse": delay} | more)


def cells(size: Size) -> dict[str, Scenario]:
    """Every scenario to run, by name."""
    base = by_mouth(
        replace(Scenario(), arrivals_per_day=LOAD, days=size.days, warm_up_days=size.warm_up_days)
    )
    found: dict[str, Scenario] = {}
    for load in size.loads:
        here = replace(base, arrivals_per_day=load)
        found[f"mouth {load:g}"] = here
        for delay, missed, adopted in grid(size):
            found[f"sweep {load:g} {delay:g} {missed:g} {adopted:g}"] = with_system(
                here, delay, missed=missed, adopted=adopted
            )
    found["control"] = measures.same_delays(base)
    found["system"] = with_system(base)
    found["false signs"] = with_system(base, false_signs=0.05)
    found["one room more"] = replace(base, plain_rooms=base.plain_rooms + 1)
    found["two rooms more"] = replace(base, plain_rooms=base.plain_rooms + 2)
    for share in (20, 50):
        less = replace(base.boarding, mean=base.boarding.mean * (100 - share) / 100)
        found[f"boarding {share} % shorter"] = replace(base, boarding=less)
    found["no suggestion"] = replace(base, suggests=False)
    found["alerts"] = replace(base, alerts=True)
    found["system and alerts"] = with_system(base, alerts=True)
    if size.doubts:
        for name, other in doubted(base).items():
            found[f"{name}, by mouth"], found[f"{name}, system"] = other, with_system(other)
    found["doctors bind, by mouth"] = replace(base, doctors=2)
    found["doctors bind, system"] = with_system(replace(base, doctors=2))
    return found


def doubted(base: Scenario) -> dict[str, Scenario]:
    """The same department with one assumption changed."""
    board, work_up = base.boarding, base.work_up

    def patience(times: float) -> Scenario:
        scales = tuple(None if one is None else one * times for one in base.patience_scale)
        return replace(base, patience_scale=scales)

    return {
        "patience halved": patience(0.5),
        "patience doubled": patience(2.0),
        "no boarding": replace(base, boarding=replace(board, mean=0.0)),
        "boarding doubled": replace(base, boarding=replace(board, mean=board.mean * 2)),
        "work-up 15 % shorter": replace(base, work_up=tuple(one * 0.85 for one in work_up)),
        "work-up 10 % longer": replace(base, work_up=tuple(one * 1.1 for one in work_up)),
        "one cleaner": replace(base, cleaners=1),
    }


def grid(size: Size) -> Iterable[tuple[float, float, float]]:
    """(delay, missed, adopted) of the sweep; perfect use at every delay."""
    for delay in size.delays:
        yield delay, 0.0, 1.0
    for delay in size.imperfect_delays:
        for missed in size.missed:
            for adopted in size.adopted:
                if (missed, adopted) != (0.0, 1.0):
                    yield delay, missed, adopted


def evaluate(size: Size, say: Say, *, workers: int = WORKERS) -> dict[str, Any]:
    """Run it all; the answer holds numbers, lists and names only, ready for JSON."""
    scenarios = cells(size)
    runs = _all_runs(scenarios, size.replications, say, workers)
    mouth = runs[f"mouth {LOAD:g}"]
    say("the engine against Erlang's formula")
    erlang = queueing.against_erlang(days=size.erlang_days, seeds=range(size.erlang_replications))
    say("the wait prediction on the simulated stream")
    predicted = prediction.judged(
        replace(Scenario(), days=size.prediction_days, warm_up_days=5, arrivals_per_day=118.0),
        range(size.prediction_replications),
    )
    control = measures.differences(runs["control"], mouth)
    system = measures.differences(runs["system"], mouth)
    return {
        "control_difference": max(
            abs(asdict(one)[name] - asdict(other)[name])
            for one, other in zip(runs["control"], mouth, strict=True)
            for name in control
        ),
        "erlang_c": asdict(erlang),
        "sweep": [
            _row(load, delay, missed, adopted, runs)
            for load in size.loads
            for delay, missed, adopted in grid(size)
        ],
        "baseline": {
            f"{load:g}": _plain(measures.intervals(runs[f"mouth {load:g}"])) for load in size.loads
        },
        "comparators": [
            _compared(name, runs[name], mouth)
            for name in (
                "system", "false signs", "one room more", "two rooms more",
                "boarding 20 % shorter", "boarding 50 % shorter",
            )
        ],
        "switches": [
            _compared(name, runs[name], mouth)
            for name in ("no suggestion", "alerts", "system", "system and alerts")
        ],
        "doctors_bind": _compared(
            "system, two doctors", runs["doctors bind, system"], runs["doctors bind, by mouth"]
        )
        | {"baseline": _plain(measures.intervals(runs["doctors bind, by mouth"]))},
        "doubts": [
            _compared(name, runs[f"{name}, system"], runs[f"{name}, by mouth"])
            for name in (doubted(Scenario()) if size.doubts else ())
        ],
        "room_hours": room_hours(runs["system"], mouth, system),
        "prediction": {"arrivals_per_day": 118.0, "figures": _plain(predicted)},
        "runs": {
            "replications": size.replications,
            "days": size.days,
            "warm_up_days": size.warm_up_days,
            "scenarios": len(scenarios),
        },
        "parameters": table(
            replace(Scenario(), days=size.days, warm_up_days=size.warm_up_days)
        ),
    }  # fmt: skip


def room_hours(
    system: list[Run], mouth: list[Run], difference: dict[str, measures.Interval]
) -> dict[str, float]:
    """turns a day x minutes saved a turn / 60: what the saved minutes are worth in rooms."""
    turns = measures.intervals(system)["turns_per_day"].mean
    saved = -difference["turned"].mean
    hours = turns * saved / 60
    return {
        "turns_per_day": turns,
        "minutes_saved": saved,
        "hours_per_day": hours,
        "rooms": hours / 24,
        "told_minutes_saved": -(difference["told_cleaner"].mean + difference["told_nurse"].mean),
    }


def _all_runs(
    scenarios: dict[str, Scenario], replications: int, say: Say, workers: int
) -> dict[str, list[Run]]:
    asked = [(name, seed) for name in scenarios for seed in range(replications)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        answers = pool.map(
            measures.run,
            [scenarios[name] for name, _ in asked],
            [seed for _, seed in asked],
            chunksize=4,
        )
        found: dict[str, list[Run]] = {name: [] for name in scenarios}
        for done, ((name, _), answer) in enumerate(zip(asked, answers, strict=True), 1):
            found[name].append(answer)
            if done % 40 == 0 or done == len(asked):
                say(f"{done} of {len(asked)} simulated departments")
    return found


def _row(
    load: float, delay: float, missed: float, adopted: float, runs: dict[str, list[Run]]
) -> dict[str, Any]:
    here = runs[f"sweep {load:g} {delay:g} {missed:g} {adopted:g}"]
    return {
        "arrivals_per_day": load,
        "told_cleaner_min": delay,
        "told_nurse_min": delay,
        "missed": missed,
        "adopted": adopted,
        "figures": _plain(measures.intervals(here)),
        "difference": _plain(measures.differences(here, runs[f"mouth {load:g}"])),
    }


def _compared(name: str, runs: list[Run], baseline: list[Run]) -> dict[str, Any]:
    return {"name": name, "difference": _plain(measures.differences(runs, baseline))}


def _plain(figures: dict[str, measures.Interval]) -> dict[str, dict[str, float]]:
    return {name: asdict(one) for name, one in figures.items()}
