"""The role table, printed."""

from django.core.management.base import BaseCommand

from hims.access.roles import CLOCK_PERMISSIONS, ROLE_TABLE, SCOPE_TABLE, Role

YES, NO = "x", "."


class Command(BaseCommand):
    help = "Print which role holds which permission, and what the scopes of a device open."
    requires_system_checks = []

    def handle(self, **options):
        self._matrix("PERMISSION", [role.value for role in Role], ROLE_TABLE)
        opened = {name for names in SCOPE_TABLE.values() for name in names}
        by_permission = {
            name: {scope for scope, names in SCOPE_TABLE.items() if name in names}
            for name in sorted(opened)
        }
        self.stdout.write("")
        self._matrix("DEVICE SCOPE OPENS", list(SCOPE_TABLE), by_permission)
        self.stdout.write("")
        self.stdout.write(f"The clock: {', '.join(sorted(CLOCK_PERMISSIONS))}.")
        self.stdout.write("The console: everything; each command is in the trail.")

    def _matrix(self, corner: str, columns: list[str], table: dict[str, set]) -> None:
        width = max(len(corner), *(len(name) for name in table))
        self.stdout.write("  ".join([corner.ljust(width), *columns]))
        for name, holders in table.items():
            marks = [(YES if column in holders else NO).center(len(column)) for column in columns]
            self.stdout.write("  ".join([name.ljust(width), *marks]).rstrip())
