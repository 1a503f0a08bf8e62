"""Access functions without their own filter: each one's source is read, every condition that names the actor's company
or person is left out, and the result takes the function's place wherever it was imported."""

import ast
import importlib
import inspect
import pkgutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import torihiki

FILTERS = {"filter", "get", "exclude"}
OWN = {"actor", "company"}


def access_functions() -> dict[str, Callable[..., Any]]:
    """Every `access_…` function of every module called `access`, by its full name."""
    found = {}
    for info in pkgutil.walk_packages(torihiki.__path__, "torihiki."):
        if info.name.endswith(".access") and ".local." not in info.name:
            module = importlib.import_module(info.name)
            for name, function in vars(module).items():
                if name.startswith("access_") and getattr(function, "__module__", "") == info.name:
                    found[f"{info.name.removeprefix('torihiki.')}.{name}"] = function
    return found


def without_filter(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """The function with no condition of its own on whose rows it fetches; None where it has none."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    blind = _Blind()
    blind.visit(tree)
    if not blind.count:
        return None
    place: dict[str, Any] = {}
    code = compile(ast.fix_missing_locations(tree), f"<{function.__name__} without its filter>", "exec")
    exec(code, function.__globals__, place)
    return place[function.__name__]  # type: ignore[no-any-return]


@contextmanager
def replaced(*functions: Callable[..., Any]) -> Iterator[None]:
    """These functions lack their filter meanwhile, in every module that knows them."""
    with pytest.MonkeyPatch.context() as patch:
        for function in functions:
            mutant = without_filter(function)
            for name, module in list(sys.modules.items()):
                if name.startswith("torihiki.") and vars(module).get(function.__name__) is function:
                    patch.setattr(module, function.__name__, mutant)
        yield


class _Blind(ast.NodeTransformer):
    def __init__(self) -> None:
        self.count = 0

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in FILTERS:
            args = [arg for arg in node.args if not _names_owner(arg)]
            keywords = [keyword for keyword in node.keywords if not _names_owner(keyword.value)]
            self.count += len(node.args) - len(args) + len(node.keywords) - len(keywords)
            node.args, node.keywords = args, keywords
        return node


def _names_owner(node: ast.AST) -> bool:
    """Whether the condition is about the actor: `actor.company`, `seen.actor`, `company`."""
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return bool(OWN & (names | {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}))
