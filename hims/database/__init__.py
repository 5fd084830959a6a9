"""PostgreSQL for HIMS: a real server by address, or one of our own inside the data folder.

**In settings** nothing is started, only described:

    DATABASES = {"default": database_settings(var=HIMS_VAR, url=env("DATABASE_URL", default=None))}

**Without a DATABASE_URL** the first connection of a process starts PostgreSQL below `var/postgres`
(this package is also the Django database backend that does it). Each process that has connected
holds a shared lock on it until it ends, however it ends; when nobody holds it any more the server
stops. A command that outlives its children's connections, like the demo, says so:

    with database.using(HIMS_VAR):
        ...

Code that connects past Django (a LISTEN connection) calls `ensure_running(HIMS_VAR)` first and
takes its address from `django.db.connection.get_connection_params()`.

**Two roles.** `hims_owner` owns the tables and migrates; `hims_app` runs: it reads and writes rows
and may not create, alter, truncate, disable triggers or make temporary tables (which could hide a
real table from a trigger). HIMS_DB_ROLE=owner makes a process the owner; manage.py does that for
the commands that need it, and the tests run as the owner. With a DATABASE_URL the owner's address
is HIMS_OWNER_DATABASE_URL. Rights on new tables come by default privileges and are set again at
the end of each `migrate` (`hims.database.rights`).
"""

from hims.database.cluster import Server
from hims.database.errors import DatabaseUnavailable
from hims.database.facts import database_settings
from hims.database.holding import ensure_running, leave, remove, using

__all__ = [
    "DatabaseUnavailable",
    "Server",
    "database_settings",
    "ensure_running",
    "leave",
    "remove",
    "using",
]
