"""The roles that are enough to see each permission given and refused; all of them: `make proof`."""

from hims.access.roles import ROLE_TABLE, Role


def few_roles() -> set[Role]:
    """A few roles of whom, for each permission, one holds it and one does not, as far as any."""

    def told(role: Role) -> set[tuple[str, bool]]:
        return {(name, role in holders) for name, holders in ROLE_TABLE.items()}

    chosen: set[Role] = set()
    left = set().union(*map(told, Role))
    while left:
        best = max(Role, key=lambda role: len(left & told(role)))
        chosen.add(best)
        left -= told(best)
    return chosen
