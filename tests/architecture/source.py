"""The four packages as text and syntax, for tests about the code itself."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("hims", "inventory", "tracking", "pharmacy")
ROOMS = (
    *("models", "queries", "actions", "reports", "domain", "wire"),
    *("api", "web", "feeds", "tasks"),
)


@dataclass(frozen=True)
class Module:
    """One module of ours: its dotted name and its file."""

    name: str
    path: Path

    @property
    def parts(self) -> list[str]:
        return self.name.split(".")

    @property
    def room(self) -> str:
        """The room it lies in, or the name of what stands beside the rooms."""
        return self.parts[1] if len(self.parts) > 1 else ""

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(), str(self.path))

    def functions(self) -> Iterator[ast.FunctionDef]:
        """Functions and methods, also nested ones."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@lru_cache
def modules() -> tuple[Module, ...]:
    """Every module of the four packages, migrations among them."""
    found = []
    for package in PACKAGES:
        for path in sorted((CHECKOUT / package).rglob("*.py")):
            parts = path.relative_to(CHECKOUT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Module(name, path))
    return tuple(found)


@lru_cache
def templates() -> tuple[Path, ...]:
    """Every template of the four packages."""
    return tuple(
        sorted(
            path
            for package in PACKAGES
            for path in (CHECKOUT / package).rglob("templates/**/*")
            if path.is_file()
        )
    )


def shown(path: Path) -> str:
    """A file as named in a failure."""
    return str(path.relative_to(CHECKOUT))


def texts_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, text) of each string in the code that is not a docstring."""
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in documentation:
            continue
        if isinstance(node.value, str):
            yield node.lineno, node.value
