"""Conditions as rows of a form, and back: all of them, or any of them, each perhaps with *not*."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from rewards.admin.programmes.asked import Lists
from rewards.admin.programmes.kinds import ConditionForm
from rewards.admin.programmes.refusals import put_beside
from rewards.admin.programmes.row_form import RowForm, RowList, list_rows
from rewards.programmes.definition import InvalidDefinition

Tree = Mapping[str, Any]
Row = dict[str, Any]

MODES = (("all", _("All of these must be true")), ("any", _("One of these is enough")))


@dataclass(frozen=True, slots=True)
class Flat:
    """A tree of one level. A deeper one ``is_deep``: no form shows it, and it is kept as it is."""

    mode: str
    rows: list[Row]
    is_deep: bool = False


def flatten(tree: Tree | None) -> Flat:
    if not tree:
        return Flat("all", [])
    for mode in ("all", "any"):
        if mode in tree:
            rows = [_as_row(part) for part in tree[mode]]
            known = [row for row in rows if row is not None]
            return Flat(mode, known, is_deep=len(known) < len(rows))
    row = _as_row(tree)
    return Flat("all", [row] if row else [], is_deep=row is None)


def build(mode: str, rows: list[Row]) -> Row | None:
    """Return the tree that rows of a form say; None for no condition."""
    parts = [_as_part(row) for row in rows]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 and mode == "all" else {mode: parts}


def place_of(path: str) -> int:
    """Return which row an error is about, by what follows ``when`` in its path."""
    digits = path.partition("[")[2].partition("]")[0]
    return int(digits) if digits.isdecimal() else 0


def _as_row(part: Tree) -> Row | None:
    is_not = "not" in part
    leaf = part["not"] if is_not else part
    if "kind" not in leaf:
        return None
    row = dict(leaf)
    if row["kind"] == "electronic":
        row["is"] = "yes" if row.get("is", True) else "no"
    return row | {"is_not": is_not}


def _as_part(row: Row) -> Row:
    leaf = {name: value for name, value in row.items() if name != "is_not"}
    if leaf.get("kind") == "electronic":
        leaf["is"] = leaf.get("is") == "yes"
    return {"not": leaf} if row.get("is_not") else leaf


class Conditions:
    """The part of a form that asks for conditions; a tree too deep for it is only shown."""

    def __init__(
        self,
        name: str,
        *,
        data: Mapping[str, Any] | None,
        tree: Tree | None,
        lists: Lists,
        form_class: type[RowForm] = ConditionForm,
    ) -> None:
        self.name = name
        self.tree = tree
        flat = flatten(tree)
        # A condition this form has no words for is too deep for it as well.
        self.is_deep = flat.is_deep or any(row["kind"] not in form_class.kinds for row in flat.rows)
        given = data.get(f"{name}-mode") if data is not None else None
        self.mode = given if given in dict(MODES) else flat.mode
        self.modes = MODES
        self.rows: RowList = list_rows(
            form_class, name, data=data, rows=[] if self.is_deep else flat.rows, lists=lists
        )

    def is_valid(self) -> bool:
        return self.is_deep or self.rows.is_valid()

    def read(self) -> Row | None:
        if self.is_deep:
            return dict(self.tree or {})
        return build(self.mode, self.rows.read())

    def add_error(self, path: str, error: InvalidDefinition) -> bool:
        """Show a refusal beside the row it is about; return whether there is one."""
        place = place_of(path)
        if self.is_deep or place >= len(self.rows.forms):
            return False
        form = self.rows.forms[place]
        put_beside(form, form.field_at(path.rpartition(".")[2].partition("[")[0]), error)
        return True
