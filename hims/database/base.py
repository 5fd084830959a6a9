"""Django's database backend "hims.database": PostgreSQL that is there when it is needed."""

from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base

from hims.database.holding import ensure_running


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL's own backend; before each new connection the embedded server is made sure of."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        ensure_running(Path(self.settings_dict["EMBEDDED"]))
        return super().get_new_connection(conn_params)
