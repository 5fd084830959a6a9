"""Django's database backend "hims.database": PostgreSQL that is there when it is needed."""

from pathlib import Path
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from hims.database.cluster import running
from hims.database.holding import ensure_running


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL's own backend; before each new connection the embedded server is made sure of."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        var = Path(self.settings_dict["EMBEDDED"])
        ensure_running(var)
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            if running(var):
                raise
            ensure_running(var)  # it was killed between the look and the connection
            return super().get_new_connection(conn_params)
