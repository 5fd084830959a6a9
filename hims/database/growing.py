"""Migrations that only add are applied without drawing up all other models again at each step.

Before each operation Django renders every model that is related to the one it touches, through any
number of relations; as nearly everything names who did it, that is all of them, and a new database
took a minute. An operation that adds looks at its own model and the tables that it names, so its
model alone is rendered; whatever else a migration does is given all models anew
(`clear_delayed_apps_cache`, Django's own way of saying so).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from itertools import groupby
from typing import Any

from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel, RunSQL
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

ADDS = (CreateModel, AddField, AddIndex, AddConstraint)


def only_adds(operation: Operation) -> bool:
    """Whether an operation leaves alone what is there already."""
    if isinstance(operation, RunSQL):
        return all(map(only_adds, operation.state_operations))
    return isinstance(operation, ADDS)


@contextmanager
def quickly() -> Iterator[None]:
    """While the block runs, migrations are applied in this way."""
    migrations: Any = Migration
    states: Any = ProjectState
    apply, related = migrations.apply, states._find_reload_model

    def itself(state: ProjectState, app: str, model: str, delay: bool = False) -> set:
        state.is_delayed = True
        return {(app, model)}

    def applied(migration: Migration, state: ProjectState, *rest: Any, **more: Any) -> ProjectState:
        for adding, operations in groupby(migration.operations, only_adds):
            if not adding:
                state.clear_delayed_apps_cache()
            states._find_reload_model = itself if adding else related
            part: Any = copy(migration)
            part.operations = list(operations)
            state = apply(part, state, *rest, **more)
        return state

    migrations.apply = applied
    try:
        yield
    finally:
        migrations.apply, states._find_reload_model = apply, related
