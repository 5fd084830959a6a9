"""The embedded server with real processes: started, shared, killed, refused, left."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from hims import database
from hims.database.cluster import running
from hims.database.errors import explain
from hims.database.facts import database_settings, socket_folder

CHECKOUT = Path(__file__).resolve().parents[2]
IS_ROOT = os.geteuid() == 0


def started(code: str, var: Path, *, python: str = sys.executable, **more) -> subprocess.Popen:
    """Start a process that has `database` and `var` at hand and runs `code`."""
    env = {"PATH": os.environ["PATH"], "HIMS_DB_DURABLE": "0", "PYTHONPATH": str(CHECKOUT)}
    env |= more.pop("env", {})
    opening = f"from hims import database; from pathlib import Path; var = Path({str(var)!r})\n"
    return subprocess.Popen(
        [python, "-c", opening + code],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


HOLD = "print(database.ensure_running(var).pid, flush=True); input()"


def connect(var: Path, user: str = "hims_app", dbname: str = "hims") -> psycopg.Connection:
    facts = database_settings(var=var, url=None)
    return psycopg.connect(
        host=facts["HOST"], port=facts["PORT"], user=user, dbname=dbname, **facts["OPTIONS"]
    )


def eventually(true: Callable[[], object], within_s: float = 20) -> bool:
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def killed(server: database.Server) -> None:
    os.kill(server.pid, signal.SIGKILL)
    assert eventually(lambda: not Path(f"/proc/{server.pid}").exists())


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "var"
    yield folder
    database.remove(folder)


@pytest.fixture(scope="module")
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


def test_a_fresh_folder_gets_a_server_two_roles_and_the_extensions(var):
    with database.using(var) as server:
        assert server.data.is_dir()
        with connect(var) as app:
            found = {name for (name,) in app.execute("SELECT extname FROM pg_extension")}
            assert {"btree_gist", "pg_trgm", "unaccent"} <= found
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute("CREATE TABLE mine (id int)")
            app.rollback()
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute("CREATE TEMPORARY TABLE hidden (id int)")
        with connect(var, "hims_owner") as owner:
            owner.execute("CREATE TABLE things (id serial PRIMARY KEY)")
        with connect(var) as app:
            app.execute("INSERT INTO things DEFAULT VALUES")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute("TRUNCATE things")


def test_a_test_database_is_born_with_the_extensions_and_default_rights(ready_var):
    with database.using(ready_var):
        with connect(ready_var, "hims_owner", "postgres") as owner:
            owner.autocommit = True
            owner.execute("CREATE DATABASE another")
        with connect(ready_var, "hims_owner", "another") as owner:
            owner.execute("CREATE TABLE things (at tstzrange, EXCLUDE USING gist (at WITH &&))")
        with connect(ready_var, dbname="another") as app:
            assert app.execute("SELECT count(*) FROM things").fetchone() == (0,)


def test_nothing_listens_on_the_network_and_no_password_means_no_entry(ready_var):
    with database.using(ready_var):
        with connect(ready_var) as app:
            assert app.execute("SHOW listen_addresses").fetchone() == ("",)
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(
                host=str(socket_folder(ready_var)),
                user="hims_app",
                dbname="hims",
                passfile=os.devnull,
            )
        assert socket_folder(ready_var).stat().st_mode & 0o077 == 0
        assert database.facts.passwords_file(ready_var).stat().st_mode & 0o077 == 0


def test_several_starters_at_once_on_a_fresh_folder_get_one_server(var):
    processes = [started(HOLD, var) for _ in range(4)]
    pids = {process.stdout.readline().strip() for process in processes}
    assert len(pids) == 1
    assert pids != {""}, processes[0].stderr.read()
    for process in processes:
        process.communicate("\n")


def test_the_last_to_leave_stops_the_server_and_nobody_before(ready_var):
    first, second = started(HOLD, ready_var), started(HOLD, ready_var)
    pid = first.stdout.readline()
    assert pid == second.stdout.readline() != ""
    first.communicate("\n")
    assert running(ready_var)
    second.communicate("\n")
    assert running(ready_var) is None


def test_a_block_inside_a_process_that_holds_the_server_does_not_let_go_of_it(ready_var):
    with database.using(ready_var) as server:
        with database.using(ready_var):
            pass
        assert running(ready_var) == server
    assert running(ready_var) is None


def test_a_killed_last_user_does_not_leave_a_server_behind(ready_var):
    process = started(HOLD, ready_var)
    process.stdout.readline()
    process.kill()
    process.wait()
    assert eventually(lambda: running(ready_var) is None)
    assert eventually(lambda: not (ready_var / "postgres/data/postmaster.pid").exists())
    with database.using(ready_var), connect(ready_var) as app:
        assert app.execute("SELECT 1").fetchone() == (1,)


def test_a_killed_server_comes_back_with_everything_that_was_committed(ready_var):
    with database.using(ready_var) as server:
        with connect(ready_var, "hims_owner") as owner:
            owner.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000)")
        killed(server)
        again = database.ensure_running(ready_var)
        assert again.pid != server.pid
        with connect(ready_var) as app:
            assert app.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_a_server_that_outlived_its_keeper_is_used_and_stopped(ready_var):
    process = started(HOLD, ready_var)
    server = int(process.stdout.readline())
    keeper = int(Path(f"/proc/{server}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(keeper, signal.SIGKILL)
    with database.using(ready_var) as same:
        assert same.pid == server
        process.communicate("\n")
    assert running(ready_var) is None


def test_a_claim_whose_number_now_belongs_to_another_program_is_put_aside(ready_var):
    claim = ready_var / "postgres/data/postmaster.pid"
    claim.write_text(f"{os.getpid()}\n{ready_var}\n0\n5432\n/nowhere\n\n0 0\nready   \n")
    with database.using(ready_var) as server:
        assert server.pid != os.getpid()


def test_an_interrupted_creation_starts_again(var):
    half = var / "postgres/data.new/base"
    half.mkdir(parents=True)
    with database.using(var), connect(var) as app:
        assert app.execute("SELECT 1").fetchone() == (1,)
    assert not half.exists()


def test_a_forked_child_that_ends_leaves_the_server_to_its_parent(ready_var):
    code = """
import os
database.ensure_running(var)
if (child := os.fork()) == 0:
    database.leave(var)
    os._exit(0)
os.waitpid(child, 0)
from hims.database.cluster import running
print(bool(running(var)), flush=True)
"""
    process = started(code, ready_var)
    assert process.communicate()[0].strip() == "True"


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


def one_sentence(process: subprocess.Popen) -> str:
    """Return the last line of a failed process: the error, without its name."""
    error = process.communicate()[1].strip().splitlines()[-1]
    assert error.startswith("hims.database.errors.DatabaseUnavailable: "), error
    return error.split(": ", 1)[1]


def test_a_named_folder_without_programs_is_named_in_one_sentence(var, tmp_path):
    process = started("database.ensure_running(var)", var, env={"PG_BINDIR": str(tmp_path)})
    said = one_sentence(process)
    assert said == f"{tmp_path} holds no PostgreSQL: the program initdb is not in it."


def test_programs_that_do_not_run_say_so(var, tmp_path):
    for name in ("initdb", "postgres"):
        (tmp_path / name).write_text("#!/bin/sh\necho lib.so is missing >&2; exit 127\n")
        (tmp_path / name).chmod(0o755)
    process = started("database.ensure_running(var)", var, env={"PG_BINDIR": str(tmp_path)})
    assert "does not run: lib.so is missing" in one_sentence(process)


def test_data_of_another_major_version_are_not_touched(ready_var):
    version = ready_var / "postgres/data/PG_VERSION"
    made_by = version.read_text()
    version.write_text("14\n")
    process = started("database.ensure_running(var)", ready_var)
    assert one_sentence(process).startswith("The data were made by PostgreSQL 14, but")
    version.write_text(made_by)


def test_a_folder_that_cannot_be_made_is_told_plainly(tmp_path):
    (tmp_path / "file").touch()
    process = started("database.ensure_running(var)", tmp_path / "file" / "var")
    assert "cannot be made or written (Not a directory)" in one_sentence(process)


@pytest.mark.skipif(not IS_ROOT, reason="only root can make a small disk")
def test_a_full_disk_is_named_as_such(tmp_path):
    small_disk = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=20m x "$0" && "$@"']
    if subprocess.run([*small_disk, tmp_path, "true"], capture_output=True).returncode:
        pytest.skip("this system forbids making a small disk")
    code = f"from hims import database; database.ensure_running({str(tmp_path / 'var')!r})"
    said = subprocess.run(
        [*small_disk, tmp_path, sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
    )
    last = said.stderr.strip().splitlines()[-1]
    assert last.endswith(f": The disk that holds {tmp_path}/var/postgres is full.")


@pytest.mark.parametrize(
    ("log", "word"),
    [
        ('FATAL:  could not write to file "pg_wal/x": No space left on device', "is full"),
        ("FATAL:  database files are incompatible with server", "another version"),
        ("FATAL:  could not create any Unix-domain sockets", "socket"),
        ("FATAL:  could not map anonymous shared memory: Cannot allocate memory", "memory"),
        ('FATAL:  data directory "x" has wrong ownership', "another user"),
        ("FATAL:  something new", "(something new)"),
    ],
)
def test_why_it_did_not_start_is_one_sentence(log, word):
    sentence = explain(log, home=Path("/h"), log_file=Path("/h/log"))
    assert word in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_database_in_use_is_not_removed(ready_var):
    process = started(HOLD, ready_var)
    process.stdout.readline()
    with pytest.raises(database.DatabaseUnavailable, match="in use"):
        database.remove(ready_var)
    process.communicate("\n")


def test_an_address_wins_over_the_embedded_server_and_nothing_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("HIMS_OWNER_DATABASE_URL", "postgresql://boss:x@db.example/hims")
    url = "postgresql://runner:y@db.example:5433/hims"
    app = database_settings(var=tmp_path / "var", url=url, role="app")
    owner = database_settings(var=tmp_path / "var", url=url, role="owner")
    assert (app["USER"], app["PORT"], app["EMBEDDED"]) == ("runner", "5433", None)
    assert owner["USER"] == "boss"
    assert app["ROLES"] == owner["ROLES"] == {"app": "runner", "owner": "boss"}
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize(
    "url", ["sqlite:///hims.db", "postgresql://a:secret@[db/hims", "host=db password=secret"]
)
def test_an_address_that_is_none_is_refused_without_repeating_it(tmp_path, url):
    with pytest.raises(ImproperlyConfigured, match="is no address of a PostgreSQL") as refused:
        database_settings(var=tmp_path, url=url)
    assert "secret" not in str(refused.value)


def test_a_real_server_is_used_by_its_address_in_both_roles_and_nothing_is_embedded(
    ready_var, tmp_path
):
    with database.using(ready_var) as server:
        kept = database.facts.passwords_file(ready_var).read_text().split()
        words = {line.split(":")[3]: line.split(":")[4] for line in kept}
        host = quote(str(server.host), safe="")
        urls = {role: f"postgresql://{role}:{word}@{host}/hims" for role, word in words.items()}
        env = {
            "PATH": os.environ["PATH"],
            "HIMS_VAR": str(tmp_path / "other"),
            "DATABASE_URL": urls["hims_app"],
            "HIMS_OWNER_DATABASE_URL": urls["hims_owner"],
        }
        for command in (["migrate", "-v0"], ["verify"]):
            said = subprocess.run(
                [sys.executable, "manage.py", *command],
                cwd=CHECKOUT,
                env=env,
                capture_output=True,
                text=True,
            )
            assert said.returncode == 0, said.stderr
        assert said.stdout.startswith("All holds: ")
        with connect(ready_var) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DELETE FROM hims_auditentry")
    assert not (tmp_path / "other" / "postgres").exists()


def test_a_server_that_cannot_be_reached_is_told_in_one_sentence(tmp_path):
    said = subprocess.run(
        [sys.executable, "manage.py", "verify"],
        cwd=CHECKOUT,
        env={
            "PATH": os.environ["PATH"],
            "HIMS_VAR": str(tmp_path),
            "DATABASE_URL": "postgresql://hims_app:secret@127.0.0.1:1/hims",
        },
        capture_output=True,
        text=True,
    )
    assert said.returncode == 1
    assert said.stderr.startswith("The database cannot be reached: ")
    assert said.stderr.count("\n") == 1
    assert "secret" not in said.stderr
