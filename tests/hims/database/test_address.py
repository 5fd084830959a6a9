"""A server that is given by its address is used instead of an embedded one."""

import os
import subprocess
import sys
from urllib.parse import quote

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from hims import database
from hims.database.facts import database_settings
from tests.hims.database.embedded import CHECKOUT, connect


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


@pytest.mark.proof
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
