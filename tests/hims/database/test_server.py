"""The embedded server with real processes: started, shared, killed, left."""

import os
import signal
from pathlib import Path

import psycopg
import pytest

from hims import database
from hims.database.cluster import running
from hims.database.facts import socket_folder
from tests.hims.database.embedded import HOLD, connect, eventually, killed, started


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
