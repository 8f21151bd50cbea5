"""Every place of the code that raises on purpose: which code and which values it carries, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pipeline.errors import ChengqingError
from pipeline.paths import CHECKOUT

PACKAGES = ("dashboard", "pipeline", "models")


@dataclass(frozen=True, slots=True)
class Raised:
    """One error made in the source: where, of which class, with which code (``None``: its class's) and values."""

    where: str
    kind: str
    code: str | None
    values: frozenset[str]


def classes(root: type[ChengqingError] = ChengqingError) -> dict[str, type[ChengqingError]]:
    """The tree of errors by name."""
    found = {root.__name__: root}
    for child in root.__subclasses__():
        found |= classes(child)
    return found


@cache
def raised() -> tuple[Raised, ...]:
    """All of them in the packages that the desk stands on."""
    return tuple(one for package in PACKAGES for one in _of(package))


def _of(package: str) -> Iterator[Raised]:
    names = classes()
    for path in sorted((CHECKOUT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                given = {word.arg: word.value for word in node.keywords if word.arg}
                code = given.pop("code", None)
                name = ast.literal_eval(code) if isinstance(code, ast.Constant) else None
                where = f"{path.relative_to(CHECKOUT)}:{node.lineno}"
                yield Raised(where, node.func.id, name, frozenset(given) - {"mine", "theirs"})


def codes() -> list[str]:
    """Every code that an error can reach the desk with."""
    return sorted({one.code for one in raised() if one.code} | {kind.code for kind in classes().values()})
