"""The reports of the ground floor: flow, appointments, alerts and access. Each module declares."""

from . import (  # noqa: F401  (each registers its reports)
    access,
    alert_burden,
    alerts,
    appointments,
    rooms,
    throughput,
    turnover,
)
