"""What makes one JSON value of another: as small as its parts, and applied again without looking at anything else."""

from collections.abc import Mapping
from typing import Any


def difference(before: Any, after: Any) -> dict[str, Any] | None:
    """None where equal; else {"f": fields, "x": names that go} of objects, {"i": items} of equally long lists, or
    {"v": the value}."""
    if before == after:
        return None
    if isinstance(before, dict) and isinstance(after, dict):
        fields = {name: difference(before[name], after[name]) for name in after if name in before}
        found: dict[str, Any] = {name: part for name, part in fields.items() if part is not None}
        found |= {name: {"v": after[name]} for name in after if name not in before}
        gone = [name for name in before if name not in after]
        return {"f": found, "x": gone} if gone else {"f": found}
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        items = {str(index): difference(a, b) for index, (a, b) in enumerate(zip(before, after, strict=True))}
        return {"i": {index: part for index, part in items.items() if part is not None}}
    return {"v": after}


def applied(before: Any, change: Mapping[str, Any]) -> Any:
    """`before` with a difference. Raises KeyError, IndexError, TypeError, ValueError or AttributeError where the
    difference does not fit or is none."""
    if "v" in change:
        return change["v"]
    if "f" in change:
        gone = change.get("x", ())
        kept = {name: value for name, value in before.items() if name not in gone}
        return {**kept, **{name: applied(before.get(name), part) for name, part in change["f"].items()}}
    items = list(before)
    for index, part in change["i"].items():
        items[int(index)] = applied(items[int(index)], part)
    return items
