"""As whom the embedded server runs. PostgreSQL refuses root, so root lends it another face.

For root there are two ways, and neither makes a user or opens a folder to others:

- a user namespace in which root's own number has another name (`unshare --user`): the files stay
  root's, so it works below a folder that only root may enter;
- where the system forbids that, the user `nobody`, with the data in a private folder below
  /var/tmp that the data folder points to.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hims.database.errors import DatabaseUnavailable
from hims.database.programs import Programs

NAMESPACE = ("unshare", "--user", "--map-user=1000", "--")


@dataclass(frozen=True)
class Account:
    """How to start a program as the server's user: words before it, or another user's numbers."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None
    elsewhere: bool = field(default=False)  # the data must lie where that user may go

    def popen(self) -> dict[str, Any]:
        """Return the arguments that make subprocess start a program as this user."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def account_for(data: Path) -> Account:
    """Choose who runs the server whose data are, or will be, in `data`."""
    if os.geteuid() != 0:
        return Account()
    nobody = pwd.getpwnam("nobody")
    dropped = Account(uid=nobody.pw_uid, gid=nobody.pw_gid, elsewhere=True)
    if data.exists() and data.stat().st_uid == nobody.pw_uid:
        return dropped
    if _namespaces_work():
        return Account(prefix=NAMESPACE)
    if data.exists():
        raise DatabaseUnavailable(
            f"This system no longer lets root run the database in {data}: run as another user, or "
            "name another folder with HIMS_VAR."
        )
    return dropped


def _namespaces_work() -> bool:
    try:
        said = subprocess.run([*NAMESPACE, "id", "-u"], capture_output=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and said.stdout.strip() == b"1000"


def within_reach(programs: Programs, account: Account, place: Path) -> Programs:
    """Return programs that `account` may run: the same ones, or a copy of them in `place`."""
    if account.uid is None:
        return programs
    copy = place / f"programs-{programs.major}"
    inside = Path(*programs.folder.parts[-3:])
    try:
        subprocess.run(
            [programs.path("postgres"), "--version"],
            check=True,
            capture_output=True,
            cwd="/",
            **account.popen(),
        )
    except (OSError, subprocess.CalledProcessError):
        if not copy.exists():
            unfinished = copy.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            # PACKAGE/pginstall/bin finds libraries in PACKAGE.libs: the copy keeps that layout.
            package = programs.folder.parent.parent
            libraries = package.with_name(package.name + ".libs")
            shutil.copytree(programs.folder.parent, unfinished / inside.parent, symlinks=True)
            if libraries.is_dir():
                shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
            for path in [unfinished, *unfinished.rglob("*")]:
                os.lchown(path, account.uid, account.gid or 0)
            unfinished.rename(copy)
        return Programs(copy / inside, programs.major)
    return programs
