"""Every number that goes into the simulated department, with where it comes from.

The table is what STRESS-DES asks a reader to be given. Most of it is assumed: no hospital's data
are behind it, so it shows a method and the shape of a curve, never the effect in one hospital.
"""

from dataclasses import asdict, dataclass

ESI = (1, 2, 3, 4, 5)

HOURLY = (
    0.60, 0.50, 0.43, 0.38, 0.37, 0.42, 0.55, 0.76, 1.00, 1.22, 1.36, 1.42,
    1.42, 1.38, 1.35, 1.33, 1.33, 1.34, 1.35, 1.33, 1.26, 1.14, 0.97, 0.79,
)  # fmt: skip
"""Arrivals of each hour, midnight first, as a multiple of the mean."""


@dataclass(frozen=True)
class Lasts:
    """A time in minutes: log-normal with this mean and coefficient of variation; cv 0 is fixed."""

    mean: float
    cv: float


@dataclass(frozen=True)
class Scenario:
    """One department and one way of working. Minutes, shares 0..1, patients a day."""

    arrivals_per_day: float = 112.0
    hourly: tuple[float, ...] = HOURLY
    acuity: tuple[float, ...] = (0.01, 0.14, 0.45, 0.33, 0.07)
    admitted: tuple[float, ...] = (0.80, 0.42, 0.19, 0.03, 0.01)
    monitored: tuple[float, ...] = (1.0, 0.8, 0.2, 0.0, 0.0)
    isolated: float = 0.04
    patience_scale: tuple[float | None, ...] = (None, None, 300.0, 200.0, 160.0)
    patience_shape: float = 1.5

    plain_rooms: int = 11
    monitored_rooms: int = 10
    isolation_rooms: int = 3
    triage_nurses: int = 2
    nurses: int = 4
    doctors: int = 4
    cleaners: int = 3

    triage: Lasts = Lasts(6, 0.5)
    walk: float = 1.0
    settle: Lasts = Lasts(8, 0.5)
    first_contact: tuple[float, ...] = (30, 18, 14, 9, 7)
    contact_cv: float = 0.5
    work_up: tuple[float, ...] = (150, 150, 130, 60, 35)
    work_up_cv: float = 0.6
    work_up_exponential: bool = False
    unnoticed_results: float = 8.0
    decision: Lasts = Lasts(8, 0.5)
    discharge: Lasts = Lasts(8, 0.5)
    boarding: Lasts = Lasts(120, 0.8)
    cleaning: Lasts = Lasts(12, 0.5)
    isolation_clean: float = 2.0

    told_cleaner: float = 10.0
    told_nurse: float = 10.0
    usual_told: float = 10.0
    adopted: float = 1.0
    missed: float = 0.0
    false_signs: float = 0.0
    look: float = 2.0
    suggests: bool = True
    alerts: bool = False
    ignored_alerts: float = 0.3
    alert_answered: float = 5.0

    days: int = 30
    warm_up_days: int = 5

    @property
    def rooms(self) -> int:
        return self.plain_rooms + self.monitored_rooms + self.isolation_rooms


ASSUMED = "assumed"
DESCRIBED = {
    "arrivals_per_day": ("patients a day, swept", ASSUMED),
    "hourly": ("arrivals of each hour over the mean hour; Poisson by thinning", ASSUMED),
    "acuity": ("share of ESI 1..5", f"{ASSUMED}; more than half in 3 and 4 as in NHAMCS 2019"),
    "admitted": ("share admitted, ESI 1..5", f"{ASSUMED}; together 0.163 as in NHAMCS 2019"),
    "monitored": ("share that needs a monitor, ESI 1..5", ASSUMED),
    "isolated": ("share that needs an isolation room", ASSUMED),
    "patience_scale": ("Weibull scale of the wait after which a patient leaves, minutes, ESI 1..5; "
                       "none: never", ASSUMED),
    "patience_shape": ("Weibull shape of the same", ASSUMED),
    "plain_rooms": ("rooms without specials", ASSUMED),
    "monitored_rooms": ("rooms with a monitor", ASSUMED),
    "isolation_rooms": ("isolation rooms, with a monitor", ASSUMED),
    "triage_nurses": ("nurses at triage, day and night", ASSUMED),
    "nurses": ("nurses in the rooms, day and night", ASSUMED),
    "doctors": ("physicians, day and night; two of them in the run where they bind", ASSUMED),
    "cleaners": ("cleaners, day and night", ASSUMED),
    "triage": ("triage, minutes (mean, cv), log-normal", ASSUMED),
    "walk": ("walk to the room, minutes", ASSUMED),
    "settle": ("nurse settles the patient, minutes (mean, cv)", ASSUMED),
    "first_contact": ("physician's first contact, mean minutes, ESI 1..5", ASSUMED),
    "contact_cv": ("its coefficient of variation", ASSUMED),
    "work_up": ("tests and treatment without staff bound, mean minutes, ESI 1..5", ASSUMED),
    "work_up_cv": ("its coefficient of variation", ASSUMED),
    "work_up_exponential": ("exponential instead, for the check against Erlang", "check"),
    "unnoticed_results": ("results unnoticed, mean minutes, exponential", ASSUMED),
    "decision": ("physician decides, minutes (mean, cv)", ASSUMED),
    "discharge": ("nurse lets the patient go, minutes (mean, cv)", ASSUMED),
    "boarding": ("admitted patient waits in the room for a ward bed, minutes (mean, cv)", ASSUMED),
    "cleaning": ("cleaning, minutes (mean, cv)", ASSUMED),
    "isolation_clean": ("an isolation clean takes so many times as long", ASSUMED),
    "told_cleaner": ("d1: room empty until it is known to be, mean minutes, exponential, where the "
                     "system is used and heard it", "swept: nobody has published it"),
    "told_nurse": ("d2: room clean until that is known, mean minutes, exponential, likewise",
                   "swept: nobody has published it"),
    "usual_told": ("both by word of mouth: system not used, or missed it", ASSUMED),
    "adopted": ("share of room turns in which the system is used", "swept"),
    "missed": ("share of events that the system misses",
               "swept 0 to 0.25: 5 to 25 % missed (PMC4625437)"),
    "false_signs": ("share of stays with a false sign of leaving: a nurse looks", "swept"),
    "look": ("a nurse looks whether a room is empty, minutes", ASSUMED),
    "suggests": ("next patient and room suggested; else the first room that fits", "switch"),
    "alerts": ("the rules of stuck patients alert somebody", "switch"),
    "ignored_alerts": ("share of alerts that nobody follows", ASSUMED),
    "alert_answered": ("an alert until somebody acts, mean minutes, exponential", ASSUMED),
    "days": ("days of arrivals; then the department runs empty", "choice"),
    "warm_up_days": ("first days that are not counted", "choice"),
}  # fmt: skip


def table(scenario: Scenario) -> list[dict]:
    """One row per parameter: name, value, meaning, source."""
    values = asdict(scenario)
    return [
        {"name": name, "value": values[name], "meaning": meaning, "source": source}
        for name, (meaning, source) in DESCRIBED.items()
    ]
