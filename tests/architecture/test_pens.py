"""Only actions write. What writes elsewhere stands here with its reason."""

import ast
import re
from collections.abc import Iterator

from hims.action import ACTIONS
from tests.architecture.source import Module, modules, texts_in

WRITERS = {
    "save",
    "create",
    "get_or_create",
    "update_or_create",
    "bulk_create",
    "bulk_update",
    "bulk_create_with_history",
    "bulk_update_with_history",
    "delete",
    "copy",
}
SQL = re.compile(
    r"\b(INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|COPY\s+\w+|TRUNCATE\s|MERGE\s+INTO)\b"
)

# module (or package) -> why it may write although it is no action
MAY_WRITE = {
    "hims.action": "the gate itself: the audit entry and the kept answers of keyed calls",
    "hims.apps": "the clock and the console are there from the first migration on",
    "hims.bench": "fills a scratch database of its own, which it drops again",
    "hims.database": "makes clusters, roles and rights, before there is any model",
    "hims.demonstration": "the actions of the demonstration, on the roof",
    "hims.hospital.taking": "the import action, on the roof",
    "hims.management.commands.simulate_tampering": "plays the forger, to be found out",
    "hims.tasks": "the worker's sign of life, which is no story about the hospital",
}


def pens_in(module: Module) -> Iterator[tuple[int, str]]:
    """(line, what) of everything in the module that writes to the database."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and (what := _written_by(node)):
            yield node.lineno, what
    for line, text in texts_in(module.tree):
        if found := SQL.search(text):
            yield line, found[0]


def _written_by(call: ast.Call) -> str:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if isinstance(call.func, ast.Name) and call.func.id.startswith("bulk_"):
        name = call.func.id
    if name == "update":
        # dict.update, set.update and hash.update take a positional argument; querysets never do
        return name if call.keywords and not call.args else ""
    if name in {"delete", "save"}:
        # models take keywords; a picture or a form is saved *to* something
        return "" if call.args else name
    if name in {"copy", "create"}:
        # lists and dictionaries copy themselves without arguments
        return name if call.args or call.keywords else ""
    return name if name in WRITERS else ""


def _may_write(module: Module) -> bool:
    if module.room in {"actions", "migrations"}:
        return True
    return any(module.name == one or module.name.startswith(f"{one}.") for one in MAY_WRITE)


def test_only_actions_write():
    written = [
        f"{module.name}:{line} {what}"
        for module in modules()
        if not _may_write(module)
        for line, what in pens_in(module)
    ]
    assert not written, "writing belongs into actions/"


def test_the_excused_writers_exist_and_write():
    names = [module.name for module in modules()]
    for excused in MAY_WRITE:
        theirs = [
            module
            for module in modules()
            if module.name == excused or module.name.startswith(f"{excused}.")
        ]
        assert theirs, f"{excused} is not there any more ({len(names)} modules are)"
        assert any(True for module in theirs for _ in pens_in(module)), f"{excused} writes nothing"


def test_the_search_for_pens_finds_each_way_of_writing():
    text = '''
def f():
    """INSERT INTO in a docstring is no pen."""
    thing.save()
    Thing.objects.create(name=1)
    things.filter(pk=1).update(name=2)
    things.delete()
    bulk_create_with_history([], Thing)
    cursor.execute("DELETE FROM thing")
    cursor.execute("UPDATE thing SET a = 1")
    cursor.copy("COPY thing FROM STDIN")
    known.update(other); seen.update([1]); digest.update(b""); given.copy()
'''

    class Told(Module):
        tree = ast.parse(text)

    found = sorted(what for _, what in pens_in(Told("x.y", None)))
    assert found == [
        "COPY thing",
        "DELETE FROM",
        "UPDATE thing SET",
        "bulk_create_with_history",
        "copy",
        "create",
        "delete",
        "save",
        "update",
    ]


def test_whatever_writes_in_actions_is_an_action_or_a_step():
    loose = []
    for module in modules():
        if module.room != "actions":
            continue
        for function in module.functions():
            if _gated(function):
                continue
            told = Module(module.name, module.path)
            told.__dict__["tree"] = ast.Module(body=function.body, type_ignores=[])
            loose += [
                f"{module.name}.{function.name}:{line} {what}" for line, what in pens_in(told)
            ]
    assert not loose, "make it @action or @step: it must not run outside the gate"


def test_every_action_takes_keyword_arguments_only_with_actor_and_now():
    wrong = []
    for module in modules():
        for function in module.functions():
            if "action" not in _decorators(function):
                continue
            asked = {argument.arg for argument in function.args.kwonlyargs}
            loose = function.args.args + function.args.posonlyargs
            if loose or not {"actor", "now"} <= asked:
                wrong.append(f"{module.name}.{function.name}")
    assert not wrong


def test_actions_do_not_ask_the_clock():
    """`now` is passed in, so that a story can be told again."""
    asked = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        if module.room in {"actions", "domain", "queries"} and not module.name.endswith("health")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr)
        in {
            ("timezone", "now"),
            ("datetime", "now"),
            ("datetime", "utcnow"),
            ("time", "time"),
            ("date", "today"),
        }
    ]
    assert not asked


def test_every_action_is_in_the_role_table_or_is_done_by_the_clock_or_the_console():
    from hims import demonstration  # noqa: F401  (its actions are of the roof)
    from hims.access.roles import CLOCK_PERMISSIONS, ROLE_TABLE, SCOPE_TABLE
    from hims.hospital import taking  # noqa: F401  (likewise)
    from tracking.actions import recordings, spool  # noqa: F401  (only commands call them)

    # What only the operator of the server does, in its shell.
    console_only = {
        "demonstration.open_accounts",
        "demonstration.scan_the_day",
        "demonstration.walk",
        "hl7.knock",
        "hospital.import",
        "recording.follow_tags",
        "spool.take_out",
    }
    by_devices = set().union(*SCOPE_TABLE.values())
    known = ROLE_TABLE.keys() | by_devices | CLOCK_PERMISSIONS | console_only
    assert ACTIONS.keys() <= known


def _decorators(function: ast.FunctionDef) -> set[str]:
    names = set()
    for one in function.decorator_list:
        target = one.func if isinstance(one, ast.Call) else one
        names.add(target.id if isinstance(target, ast.Name) else getattr(target, "attr", ""))
    return names


def _gated(function: ast.FunctionDef) -> bool:
    return bool({"action", "step"} & _decorators(function))
