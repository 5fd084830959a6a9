"""A backup is whole, private and restores into an empty place only, which then verifies."""

import json
import os
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from hims.backup import read_manifest, write_backup
from hims.database.holding import remove
from hims.errors import Refused
from hims.models import AuditEntry, Zone
from tests import given

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    (folder / "plans").mkdir(parents=True)
    (folder / "plans" / "ground floor.png").write_bytes(os.urandom(3000))
    return folder


@pytest.fixture
def elsewhere(tmp_path):
    """An empty place of its own, with a server of its own."""
    var = tmp_path / "elsewhere"
    yield var
    remove(var)


@pytest.fixture
def house(transactional_db):
    house = given.hospital()
    given.everybody_somewhere(house)
    return house


def manage(var: Path, *command: object) -> subprocess.CompletedProcess:
    env = {"PATH": os.environ["PATH"], "HIMS_VAR": str(var), "HIMS_DB_DURABLE": "0"}
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, command)],
        cwd=CHECKOUT,
        env=env,
        capture_output=True,
        text=True,
    )


def rewritten(source: Path, target: Path, change) -> Path:
    """Copy a backup, letting `change(name, content)` alter members (None leaves one out)."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old.getmembers():
            name, content = member.name, old.extractfile(member).read()
            name, content = change(name, content)
            if content is not None:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                new.addfile(info, BytesIO(content))
    return target


def test_what_was_saved_comes_back_into_an_empty_place_and_verifies(
    house, files, tmp_path, elsewhere
):
    copy = tmp_path / "copy"
    write_backup(copy, files=files, now=timezone.now())
    assert copy.stat().st_mode & 0o777 == 0o600

    said = manage(elsewhere, "restore", copy)
    assert said.returncode == 0, said.stderr
    last = said.stdout.strip().splitlines()[-1]
    assert last.startswith("All holds: ")
    assert f"{AuditEntry.objects.count()} audit entries" in last
    assert "8 stays" in last
    plan = elsewhere / "files/plans/ground floor.png"
    assert plan.read_bytes() == (files / "plans/ground floor.png").read_bytes()

    again = manage(elsewhere, "restore", copy)
    assert again.returncode == 1
    assert "is not empty" in again.stderr
    said = manage(elsewhere, "export_hospital", tmp_path / "exported")
    assert said.returncode == 0, said.stderr
    rows = (tmp_path / "exported/zones.csv").read_text().splitlines()
    assert len(rows) == 1 + Zone.objects.count()


@pytest.mark.proof
def test_who_was_signed_in_is_not_signed_in_in_the_copy(house, files, tmp_path, elsewhere):
    given.signed_in(house.people["porter"])
    copy = tmp_path / "copy"
    write_backup(copy, files=files, now=timezone.now())
    manage(elsewhere, "restore", copy)
    code = "from django.contrib.sessions.models import Session; print(Session.objects.count())"
    assert manage(elsewhere, "shell", "-v0", "-c", code).stdout.strip() == "0"


def test_the_application_role_can_make_a_backup_and_not_restore_one(house, files, tmp_path):
    names = connection.settings_dict
    owner = names["USER"]
    connection.close()
    try:
        names["USER"] = names["ROLES"]["app"]
        write_backup(tmp_path / "copy", files=files, now=timezone.now())
    finally:
        connection.close()
        names["USER"] = owner
    assert read_manifest(tmp_path / "copy").format == 1


def test_a_backup_never_replaces_a_file(house, files, tmp_path):
    (tmp_path / "copy").write_text("precious")
    with pytest.raises(Refused, match="exists already"):
        write_backup(tmp_path / "copy", files=files, now=timezone.now())
    assert (tmp_path / "copy").read_text() == "precious"


def test_a_folder_that_is_not_there_is_named_and_nothing_is_left_behind(house, files, tmp_path):
    with pytest.raises(Refused, match="could not be made: No such file"):
        write_backup(tmp_path / "no" / "copy", files=files, now=timezone.now())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["files"]


def test_any_change_to_a_backup_is_noticed_before_anything_is_restored(house, files, tmp_path):
    copy = tmp_path / "copy"
    write_backup(copy, files=files, now=timezone.now())

    def refused(change, word):
        changed = rewritten(copy, tmp_path / "changed", change)
        with pytest.raises(Refused, match=word):
            read_manifest(changed)

    def flipped(name, content):
        if name == "database.dump":
            content = content[:-1] + bytes([content[-1] ^ 1])
        return name, content

    def later(name, content):
        if name == "manifest.json":
            content = json.dumps(json.loads(content) | {"format": 99}).encode()
        return name, content

    def climbing(name, content):
        if name == "manifest.json":
            said = json.loads(content)
            said["members"]["files/../../x"] = said["members"].pop("files/plans/ground floor.png")
            content = json.dumps(said).encode()
        return name.replace("plans/ground floor.png", "../../x"), content

    refused(flipped, "changed or is damaged: database.dump differs")
    refused(
        lambda name, content: (name, None if name.startswith("files") else content), "not whole"
    )
    refused(lambda name, content: (f"{name}x" if "png" in name else name, content), "not whole")
    refused(later, "made by a later HIMS")
    refused(climbing, "is not a backup of HIMS: it holds")
    for cut in (0, 100, 5000, copy.stat().st_size // 2):
        (tmp_path / "cut").write_bytes(copy.read_bytes()[:cut])
        with pytest.raises(Refused):
            read_manifest(tmp_path / "cut")


def test_a_backup_of_a_later_hims_is_refused(house, files, tmp_path, elsewhere):
    copy = tmp_path / "copy"
    write_backup(copy, files=files, now=timezone.now())

    def from_the_future(name, content):
        if name == "manifest.json":
            said = json.loads(content)
            said["migrations"].append("hims.9999_later")
            content = json.dumps(said).encode()
        return name, content

    said = manage(elsewhere, "restore", rewritten(copy, tmp_path / "later", from_the_future))
    assert said.returncode == 1
    assert "made by a later HIMS (it has hims.9999_later)" in said.stderr
    assert not (elsewhere / "files").exists()


def test_files_in_the_place_are_never_overwritten(house, files, tmp_path, elsewhere):
    copy = tmp_path / "copy"
    write_backup(copy, files=files, now=timezone.now())
    (elsewhere / "files").mkdir(parents=True)
    (elsewhere / "files" / "mine").touch()
    said = manage(elsewhere, "restore", copy)
    assert said.returncode == 1
    assert "never overwrites files" in said.stderr
