"""The settings of the tests: the project's own, in a folder and a database role of their own.

The tests run as the owner of the database, because they make and drop test databases; what the
application role may do is tested with its own connection (`as_application` in conftest). Their
server need not survive a power cut, and it never shares a folder with a demonstration's.
"""

import os
from pathlib import Path

HERE = Path(os.environ.get("HIMS_VAR", Path(__file__).resolve().parent.parent / "var" / "tests"))
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if WORKER and HERE.name != WORKER:  # each has its server, broker and files; so has what it starts
    HERE = HERE / WORKER
os.environ["HIMS_VAR"] = str(HERE)
os.environ.setdefault("HIMS_DB_ROLE", "owner")
os.environ.setdefault("HIMS_DB_DURABLE", "0")
os.environ["HIMS_ENV"] = "demo"
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small arrays: more threads only cost

from hims.settings import *  # noqa: E402, F403 -- the one settings file, after its surroundings

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # signing in is not the test
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405 -- WhiteNoise warns where it is missing
