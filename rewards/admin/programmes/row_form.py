"""One row of a document whose fields depend on what kind of row it is: an effect, a condition."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.datastructures import MultiValueDict

from rewards.admin.programmes.asked import Asked, Lists, as_shown, make_field, read_values
from rewards.admin.programmes.pairs import Pair, check_pairs

Row = dict[str, Any]
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RowKind:
    """What can be chosen: its words, what it asks for, and one sentence about it."""

    label: Any
    asks: tuple[Asked, ...] = ()
    hint: Any = ""
    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """The fields of one kind, as a page draws them."""

    kind: str
    hint: Any
    is_chosen: bool
    fields: tuple[forms.BoundField, ...]


class RowForm(forms.Form):
    """
    Asks for a kind and for what that kind needs. Only what the chosen kind asks for is read.

    ``key`` is where the document keeps the kind; without one, the kind is told by which of its
    values are there. ``shared`` is asked for whatever the kind.
    """

    kinds: ClassVar[Mapping[str, RowKind]] = {}
    shared: ClassVar[tuple[Asked, ...]] = ()
    key: ClassVar[str] = "kind"
    shared_first: ClassVar[bool] = False
    kind_label: ClassVar[Any] = ""

    def __init__(
        self, data: Data | None = None, *, prefix: str, lists: Lists, row: Row | None = None
    ) -> None:
        super().__init__(MultiValueDict(data) if isinstance(data, dict) else data, prefix=prefix)
        self.lists = lists
        self.stored = row or {}
        choices = [(code, kind.label) for code, kind in self.kinds.items()]
        self.fields["kind"] = forms.ChoiceField(
            label=self.kind_label,
            choices=choices,
            required="" not in self.kinds,
            initial=self.kind_of(self.stored),
        )
        self.fields["kind"].widget.attrs["data-chooses"] = ""
        for asked in self.shared:
            self._add(asked, asked.name)
        for code, kind in self.kinds.items():
            for asked in kind.asks:
                self._add(asked, f"{code}__{asked.name}")

    def _add(self, asked: Asked, name: str) -> None:
        made = make_field(asked, self.lists)
        made.initial = as_shown(asked, self.stored, self.lists)
        self.fields[name] = made

    def kind_of(self, row: Row) -> str:
        if self.key:
            return str(row.get(self.key) or next(iter(self.kinds)))
        for code, kind in self.kinds.items():
            if any(asked.name in row for asked in kind.asks):
                return code
        return next(iter(self.kinds))

    @property
    def chosen(self) -> str:
        """Return the kind that is chosen, also while the form is not right."""
        given = str(self.data.get(self.add_prefix("kind"))) if self.is_bound else None
        return self.kind_of(self.stored) if given is None or given not in self.kinds else given

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        # What was typed for another kind is not looked at, right or wrong.
        for code in self.kinds:
            if code != self.chosen:
                for name in [name for name in self.errors if name.startswith(f"{code}__")]:
                    del self.errors[name]
        if self.chosen:
            check_pairs(self.kinds[self.chosen].pairs, self, prefix=f"{self.chosen}__")
        return cleaned

    def read(self) -> Row:
        """Return the row as the document keeps it; call it once the form is clean."""
        kind = self.chosen
        row: Row = {self.key: kind} if self.key and kind else {}
        row |= read_values(self.shared, self, self.lists)
        if kind:
            asks = self.kinds[kind].asks
            row |= read_values(asks, self, self.lists, prefix=f"{kind}__")
        return row

    def field_at(self, name: str) -> str | None:
        """Return the form field for a name of the document, as an error tells it."""
        # Where there is nothing to choose the kind is not shown.
        shown = "kind" if len(self.kinds) > 1 else self.shared[0].name
        for candidate in (f"{self.chosen}__{name}", name, shown):
            if candidate in self.fields:
                return candidate
        return None

    @property
    def blocks(self) -> Iterator[Block]:
        for code, kind in self.kinds.items():
            bound = tuple(self[f"{code}__{asked.name}"] for asked in kind.asks)
            yield Block(code, kind.hint, code == self.chosen, bound)

    @property
    def always(self) -> list[forms.BoundField]:
        return [self[asked.name] for asked in self.shared]


def rows_in(data: Data, name: str) -> list[int]:
    """Return the numbers of the rows of a list that a page sent, without those taken away."""
    total = str(data.get(f"{name}-total", "0"))
    # As many digits as its bound has, and some: the language refuses thousands of them.
    count = int(total) if total.isdecimal() and len(total) < 10 else 0
    dropped = data.get("fewer", "")
    return [
        number
        for number in range(min(count, ROWS_MAX))
        if f"{name}-{number}-kind" in data and dropped != f"{name}-{number}"
    ]


ROWS_MAX = 100


@dataclass(slots=True)
class RowList:
    """Several rows of one kind of form, with a blank one to copy for the page's script."""

    name: str
    forms: list[RowForm]
    blank: RowForm
    total: int

    def read(self) -> list[Row]:
        return [form.read() for form in self.forms]

    def is_valid(self) -> bool:
        # Every one is looked at, so that each shows what is wrong with it.
        return not [form for form in self.forms if not form.is_valid()]


def list_rows(
    form_class: type[RowForm],
    name: str,
    *,
    data: Data | None,
    rows: list[Row],
    lists: Lists,
) -> RowList:
    """Return the forms of a list: as it is stored, or as a page sent it with one more or fewer."""
    blank = form_class(prefix=f"{name}-__n__", lists=lists)
    if data is None:
        made = [
            form_class(prefix=f"{name}-{number}", lists=lists, row=row)
            for number, row in enumerate(rows)
        ]
        return RowList(name, made, blank, len(made))
    numbers = rows_in(data, name)
    made = [form_class(data, prefix=f"{name}-{number}", lists=lists) for number in numbers]
    total = max(numbers, default=-1) + 1
    if data.get("more") == name and len(made) < ROWS_MAX:
        made.append(form_class(prefix=f"{name}-{total}", lists=lists))
        total += 1
    return RowList(name, made, blank, total)
