#!/usr/bin/env python
"""Run a command of HIMS: `python manage.py help` lists them.

Commands that change the shape of the database speak to it as its owner; everything else runs as
the application role, which may not alter, truncate or disable triggers (hims.database).
"""

import os
import sys
from importlib import import_module

OWNERS_COMMANDS = {"migrate", "sqlmigrate", "flush", "restore", "simulate_tampering"}


def main() -> None:
    """Choose the database role for the command, then let Django run it."""
    command = next((word for word in sys.argv[1:] if not word.startswith("-")), "help")
    if command in OWNERS_COMMANDS:
        os.environ.setdefault("HIMS_DB_ROLE", "owner")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hims.settings")

    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, connection

    from hims.database import DatabaseUnavailable

    try:
        import_module(os.environ["DJANGO_SETTINGS_MODULE"])  # or it says what it refuses
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except DatabaseUnavailable as error:
        sys.exit(str(error))
    except OperationalError as error:
        if connection.connection is not None:
            raise
        reason = error.__cause__
        if isinstance(reason, DatabaseUnavailable):
            sys.exit(str(reason))
        sys.exit(f"The database cannot be reached: {' '.join(str(reason).split())}")


if __name__ == "__main__":
    main()
