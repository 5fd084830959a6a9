"""The evaluation in words: tables, and one paragraph that claims no more than it may."""

from typing import Any

FIGURES = (
    ("door_to_room", "door-to-room min"),
    ("door_to_room_p90", "its P90"),
    ("late", ">60 min %"),
    ("left_unseen", "left unseen %"),
    ("ecat_gap", "ECAT gap %"),
)


def sweep_table(found: dict[str, Any]) -> str:
    """One line per swept scenario: its figures, and the change from word of mouth."""
    heads = "  ".join(f"{title:>16}" for _, title in FIGURES)
    rows = [
        f"{'a day':>6} {'told':>5} {'missed':>6} {'used':>5}  {heads}  "
        f"{'change of door-to-room':>26}"
    ]
    for row in found["sweep"]:
        values = "  ".join(f"{_plus_minus(row['figures'][name]):>16}" for name, _ in FIGURES)
        rows.append(
            f"{row['arrivals_per_day']:6g} {row['told_cleaner_min']:5g} {row['missed']:6.0%} "
            f"{row['adopted']:5.0%}  {values}  {_change(row['difference']['door_to_room']):>26}"
        )
    return "\n".join(rows)


def comparison(rows: list[dict[str, Any]]) -> str:
    """Changes from word of mouth, one line each."""
    return "\n".join(
        f"  {row['name']:<24} door-to-room {_change(row['difference']['door_to_room'])} min, "
        f"left unseen {_change(row['difference']['left_unseen'])} points, "
        f"ECAT gap {_change(row['difference']['ecat_gap'])} points"
        for row in rows
    )


def doubts(found: dict[str, Any]) -> str:
    """The benefit again, one assumption changed at a time."""
    return comparison(found["doubts"]) or "  not run: leave out --fast to see them"


def physicians(bound: dict[str, Any]) -> str:
    """The run in which physicians and not rooms are short."""
    door = _change(bound["difference"]["door_to_provider"])
    return f"{comparison([bound])}\n    door to physician {door} min"


def parameters(found: dict[str, Any]) -> str:
    """The STRESS-DES table."""
    return "\n".join(
        f"  {row['name']:<20} {_value(row['value']):<40} {row['meaning']} [{row['source']}]"
        for row in found["parameters"]
    )


def checks(found: dict[str, Any]) -> str:
    """What the simulation was held against."""
    erlang, control = found["erlang_c"], found["control_difference"]
    return "\n".join(
        (
            f"  control (told as late as by word of mouth): largest difference {control:g}",
            f"  Erlang C, {erlang['servers']} servers: {erlang['formula']:.2f} min by the formula, "
            f"{erlang['simulated']:.2f} ({erlang['simulated_low']:.2f} to "
            f"{erlang['simulated_high']:.2f}) simulated",
            f"  patients: every run counted that whoever came has left, "
            f"{found['runs']['scenarios']} scenarios x {found['runs']['replications']}",
        )
    )


def predictions(found: dict[str, Any]) -> str:
    """How right the wait prediction was, beside the rolling mean."""
    one = {name: value["mean"] for name, value in found["prediction"]["figures"].items()}
    return (
        f"  {one['ready']:.0f} % found a room ready and are told that. Of the others: median error "
        f"{one['error']:.1f} min (rolling mean of the last ten {one['rolling_error']:.1f}); of "
        f"those who waited over 10 min {one['long_error']:.1f} "
        f"(rolling {one['rolling_long_error']:.1f}), told over 15 min too few "
        f"{one['too_short']:.0f} % (rolling {one['rolling_too_short']:.0f} %). "
        f"The upper end covered {one['coverage']:.1f} %; it would have spoken to "
        f"{one['spoke']:.0f} %."
    )


def product(found: dict[str, Any]) -> str:
    """The product's own log beside the fast form, for the same people."""
    if not found["product"]:
        return "  not run: leave out --fast to drive the real actions too"
    names = (
        ("door_to_room", "door-to-room"),
        ("told_cleaner", "empty until known"),
        ("told_nurse", "clean until known"),
    )
    return "\n".join(
        f"  {row['name']:<14} "
        + ", ".join(
            f"{title} {row['product'][name]:.2f} min (fast form {row['fast'][name]:.2f})"
            for name, title in names
        )
        + f"; {row['product']['patients']} patients, {row['product']['turns']} turns, "
        f"{row['product']['automatic']:.0f} % left by two signs, "
        f"{row['product']['agreed']:.0f} % of suggestions alike"
        for row in found["product"]
    )


def paragraph(found: dict[str, Any]) -> str:
    """What may be said of it, and what may not."""
    system = next(row for row in found["comparators"] if row["name"] == "system")["difference"]
    rooms = {row["name"]: row["difference"]["door_to_room"]["mean"] for row in found["comparators"]}
    quiet = min(
        found["sweep"], key=lambda row: (row["arrivals_per_day"], abs(row["told_cleaner_min"] - 1))
    )
    bound = found["doctors_bind"]["difference"]
    values = {row["name"]: row["value"] for row in found["parameters"]}
    beds = sum(values[kind] for kind in ("plain_rooms", "monitored_rooms", "isolation_rooms"))
    hours = found["room_hours"]
    return (
        f"In this simulated department of {beds} rooms and {values['arrivals_per_day']:g} "
        f"patients a day, telling the cleaner and the nurse within a minute instead of "
        f"ten changes the mean time from door to room by "
        f"{_change(system['door_to_room'])} minutes and the share who leave unseen by "
        f"{_change(system['left_unseen'])} points. One room more would have changed the time by "
        f"{rooms['one room more']:+.1f}, two by {rooms['two rooms more']:+.1f}, boarding halved by "
        f"{rooms['boarding 50 % shorter']:+.1f}. With {quiet['arrivals_per_day']:g} patients a day "
        f"it is {_change(quiet['difference']['door_to_room'])} minutes: where rooms are not short "
        f"it is worth little. Where physicians are short it is worth nothing to the patient: with "
        f"two of them door to room still changes by {bound['door_to_room']['mean']:+.1f}, but door "
        f"to physician by {_change(bound['door_to_provider'])}. Saved are "
        f"{hours['turns_per_day']:.0f} turns x {hours['minutes_saved']:.1f} min / 60 = "
        f"{hours['hours_per_day']:.1f} room hours a day, {hours['rooms']:.1f} rooms. Almost every "
        f"parameter is assumed, the delays are swept and nobody's measured ones, and they do not "
        f"grow when people are busy: take the shape of the curve from this, and the delays from "
        f"your own log."
    )


def whole(found: dict[str, Any]) -> str:
    """Everything that is printed, without the charts."""
    parts = [
        ("Held against", checks(found)),
        ("Sweep: delay, missed events, partial use, load (mean ± half its 95 % interval)",
         sweep_table(found)),
        ("Change from word of mouth at 112 a day", comparison(found["comparators"])),
        ("Each part alone", comparison(found["switches"])),
        ("When physicians bind", physicians(found["doctors_bind"])),
        ("The system with other assumptions", doubts(found)),
        ("Wait prediction", predictions(found)),
        ("Read off the product's own log, same people, one day", product(found)),
        ("Parameters (STRESS-DES)", parameters(found)),
        ("What may be said", "  " + paragraph(found)),
    ]  # fmt: skip
    return "\n\n".join(f"{title}\n{body}" for title, body in parts)


def _plus_minus(one: dict[str, float]) -> str:
    return f"{one['mean']:.1f}±{one['high'] - one['mean']:.1f}"


def _change(one: dict[str, float]) -> str:
    return f"{one['mean']:+.2f} ({one['low']:+.2f} to {one['high']:+.2f})"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{one:g}" for one in value.values())
    if isinstance(value, (list, tuple)):
        text = " ".join("none" if one is None else f"{one:g}" for one in value)
        return text if len(text) <= 40 else "by the hour"
    return f"{value:g}" if isinstance(value, float) else str(value)
