"""Sites built beside the engine's steps: a new radio map of a large hospital takes many seconds."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import Any

from tracking.domain.site import Site

PATIENCE_S = 0.3
"""A small site is waited for: its change is then seen at once."""


class Builder:
    """Builds one site at a time in a thread of its own; the newest plan counts."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "site")
        self._plan: tuple[Any, ...] | None = None
        self._building: Future[Site] | None = None

    @property
    def ready(self) -> bool:
        """Whether a site was built that nobody has taken yet."""
        return self._building is not None and self._building.done()

    def of(self, plan: tuple[Any, ...], build: Callable[[], Site]) -> Site | None:
        """The site of this plan, None while it is being built: ask again when `ready`."""
        if self._building is None or (self._plan != plan and self._building.done()):
            self._plan, self._building = plan, self._thread.submit(build)
        try:
            site = self._building.result(PATIENCE_S)
        except NotYet:
            return None
        self._building = None
        return site if self._plan == plan else None
