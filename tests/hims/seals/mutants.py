"""Weakened forms of a program: each with one small thing changed, made from its syntax tree."""

import ast
import copy
import signal
from collections.abc import Callable, Iterator
from typing import Any

NEGATED = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.Lt: ast.GtE,
    ast.GtE: ast.Lt, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
NEARLY = {ast.LtE: ast.Lt, ast.Lt: ast.LtE, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
OTHER = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mod,
    ast.Mod: ast.FloorDiv, ast.BitOr: ast.BitXor, ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift,
}  # fmt: skip
SECONDS = 2.0  # of computing, for one answer of a weakened program


class Endless(Exception):
    """A weakened program does not come to an end."""


def mutants(source: str) -> Iterator[tuple[str, Callable[[list[str]], int]]]:
    """(what was changed, `main` of the program so changed), one after another."""
    tree = ast.parse(source)
    del tree.body[-1]  # the call of `main`
    nodes = list(ast.walk(tree))
    for place, node in enumerate(nodes):
        for name, change in _changes(node):
            weak = copy.deepcopy(tree)
            found = list(ast.walk(weak))[place]
            change(found)
            ast.fix_missing_locations(weak)
            line = source.splitlines()[getattr(node, "lineno", 1) - 1].strip()
            told: dict[str, Any] = {"__name__": "weakened", "__doc__": ""}
            try:
                exec(compile(weak, "weakened", "exec"), told)  # noqa: S102 (our own program)
            except Exception:
                told.clear()  # it cannot even be read
            if told:
                yield f"{name}: {line}", _bounded(told["main"])


def _bounded(main: Callable[[list[str]], int]) -> Callable[[list[str]], int]:
    def run(arguments: list[str]) -> int:
        def stop(*_: Any) -> None:
            raise Endless

        before = signal.signal(signal.SIGVTALRM, stop)
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        try:
            return main(arguments)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)

    return run


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], None]]]:
    """What can be changed at this node, and how."""
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "never", lambda one: setattr(one, "test", ast.Constant(False))
        if not isinstance(node, ast.While):
            yield "always", lambda one: setattr(one, "test", ast.Constant(True))
    if isinstance(node, ast.Compare):
        for names, word in ((NEGATED, "turned round"), (NEARLY, "off by one")):
            if other := names.get(type(node.ops[0])):
                yield word, lambda one, other=other: one.ops.__setitem__(0, other())
    if isinstance(node, ast.BoolOp):
        other = ast.And if isinstance(node.op, ast.Or) else ast.Or
        yield "and for or", lambda one: setattr(one, "op", other())
        for part in range(len(node.values)):
            yield (
                f"without part {part}",
                lambda one, part=part: one.values.__setitem__(part, one.values[part - 1]),
            )
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield (
            "without not",
            lambda one: (
                setattr(one, "op", ast.UAdd())
                or setattr(
                    one, "operand", ast.Call(ast.Name("bool", ast.Load()), [one.operand], [])
                )
            ),
        )
    if isinstance(node, ast.BinOp):
        if other := OTHER.get(type(node.op)):
            yield "another sign", lambda one, other=other: setattr(one, "op", other())
        if not isinstance(node.op, ast.BitAnd) and not isinstance(node.right, ast.Constant):
            yield (
                "the other way round",
                lambda one: one.__dict__.update(left=one.right, right=one.left),
            )
    if isinstance(node, ast.Constant):
        if type(node.value) is int:
            for by in (1, -1):
                yield f"{by:+}", lambda one, by=by: setattr(one, "value", one.value + by)
        if isinstance(node.value, bytes) and len(node.value) == 1:
            for mark in {b"\0", b"\1", b"\2"} - {node.value}:
                yield f"{mark!r}", lambda one, mark=mark: setattr(one, "value", mark)
    if isinstance(node, ast.Tuple) and all(isinstance(one, ast.Constant) for one in node.elts):
        for part in range(len(node.elts)):
            yield f"without {node.elts[part].value!r}", lambda one, part=part: one.elts.pop(part)
    for name in ("body", "orelse"):
        block = getattr(node, name, None)
        for place, statement in enumerate(block if isinstance(block, list) else []):
            if isinstance(statement, ast.Expr | ast.Assign | ast.AugAssign | ast.Raise | ast.For):
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    continue
                yield (
                    f"without {ast.unparse(statement).splitlines()[0]}, in",
                    lambda one, name=name, place=place: getattr(one, name).__setitem__(
                        place, ast.Pass()
                    ),
                )
