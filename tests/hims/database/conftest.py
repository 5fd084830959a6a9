"""Folders for an embedded server: an empty one, and one with a cluster that is stopped."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hims import database


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "var"
    yield folder
    database.remove(folder)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a cluster that was made and stopped, to copy instead of making another."""
    folder = tmp_path_factory.mktemp("made") / "var"
    with database.using(folder):
        pass
    return folder


@pytest.fixture
def ready_var(var: Path, made: Path) -> Path:
    shutil.copytree(made, var, symlinks=True)
    return var
