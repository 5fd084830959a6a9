"""Where the embedded server lives and as whom: long paths, closed folders, root and nobody."""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from hims import database
from hims.database.cluster import running
from hims.database.facts import socket_folder
from tests.hims.database.embedded import CHECKOUT, IS_ROOT, connect, killed, started


def test_a_long_path_gets_a_short_private_socket_folder(made, tmp_path):
    var = tmp_path / ("a long name of a hospital " * 4) / "var"
    var.parent.mkdir()
    shutil.copytree(made, var, symlinks=True)
    try:
        with database.using(var), connect(var) as app:
            assert app.execute("SELECT 1").fetchone() == (1,)
            folder = socket_folder(var)
            assert not folder.is_relative_to(tmp_path)
            assert folder.stat().st_mode & 0o077 == 0
    finally:
        database.remove(var)
    assert not folder.exists()


def test_a_socket_folder_open_to_others_is_refused(ready_var):
    socket_folder(ready_var).mkdir(exist_ok=True)
    socket_folder(ready_var).chmod(0o777)
    with pytest.raises(database.DatabaseUnavailable, match="open to others"):
        database.ensure_running(ready_var)
    assert running(ready_var) is None


@pytest.mark.skipif(not IS_ROOT, reason="only root can show what root may do")
def test_root_may_use_a_folder_that_only_root_may_enter(made, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(made, closed / "var", symlinks=True)
    with database.using(closed / "var") as server, connect(closed / "var") as app:
        assert app.execute("SELECT 1").fetchone() == (1,)
        assert Path(f"/proc/{server.pid}").stat().st_uid == 0
    assert closed.stat().st_mode & 0o777 == 0o700
    database.remove(closed / "var")


@pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
def test_where_root_may_not_take_another_face_nobody_runs_it(var, monkeypatch):
    monkeypatch.setattr("hims.database.account.NAMESPACE", ("false",))
    var.parent.chmod(0o700)
    with database.using(var) as server:
        nobody = pwd.getpwnam("nobody").pw_uid
        assert Path(f"/proc/{server.pid}").stat().st_uid == nobody
        assert server.data.resolve().is_relative_to("/var/tmp")
        place = server.data.resolve().parent
        assert place.stat().st_mode & 0o077 == 0
        with connect(var) as app:
            assert app.execute("SELECT 1").fetchone() == (1,)
        killed(server)
        assert database.ensure_running(var).pid != server.pid
    database.remove(var)
    assert not place.exists()


def python_for(uid: int) -> tuple[str, str]:
    """Return a Python of our version, and its libraries, that another user can reach."""
    libraries = sysconfig.get_path("purelib")
    ours = f"python3.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{ours}", f"/usr/local/bin/{ours}"):
        with contextlib.suppress(OSError):
            said = subprocess.run(
                [python, "-c", "import psycopg, environ"],
                user=uid,
                capture_output=True,
                env={"PYTHONPATH": libraries},
                cwd="/",
            )
            if said.returncode == 0:
                return python, libraries
    pytest.skip("another user can reach no Python here that has our libraries")


@pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
def test_an_ordinary_user_runs_it_as_itself(tmp_path):
    nobody = pwd.getpwnam("nobody")
    place = Path("/var/tmp") / f"hims-test-{os.getpid()}"
    try:
        shutil.copytree(CHECKOUT / "hims/database", place / "hims/database")
        (place / "hims/__init__.py").touch()
        for path in [place, *place.rglob("*")]:
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        python, libraries = python_for(nobody.pw_uid)
        code = (
            "import os; s = database.ensure_running(var); print(os.stat(f'/proc/{s.pid}').st_uid)"
        )
        process = started(
            code,
            place / "var",
            python=python,
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
            cwd=place,
            env={"PYTHONPATH": f"{place}:{libraries}"},
        )
        out, err = process.communicate()
        assert out.strip() == str(nobody.pw_uid), err
        assert running(place / "var") is None
    finally:
        shutil.rmtree(place, ignore_errors=True)
