"""The event calendar of the simulation: simpy, which comes in here and nowhere else."""

try:
    from simpy import Environment, Event, PriorityResource, Resource
except ImportError as missing:  # pragma: no cover - said where somebody asks for a simulation
    raise ImportError(
        "The simulation needs simpy, which running a hospital does not: "
        "pip install 'hims[simulation]', or pip install 'simpy~=4.1'."
    ) from missing

__all__ = ["Environment", "Event", "PriorityResource", "Resource"]
