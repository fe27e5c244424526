"""What a kind of activity is. One file a kind lies in ``known/``; own kinds come from the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from partners.kinds.fields import Field, Words


class Ask(StrEnum):
    """Whether a report of a kind says something: it must not, may or must."""

    NO = "no"
    MAY = "may"
    MUST = "must"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """
    One kind of activity and what a report of it says.

    ``may_refer_to`` names the kinds of the facts it may refer to. A kind that ``is_open`` takes
    further attributes that nobody declared: texts, whole numbers, true or false. ``example`` is
    what documentation shows: the part of a report that differs from kind to kind.
    """

    code: str
    name: Words
    description: Words
    fields: tuple[Field, ...] = ()
    lines: Ask = Ask.NO
    amount: Ask = Ask.NO
    quantity: Ask = Ask.NO
    may_refer_to: tuple[str, ...] = ()
    must_refer: bool = False
    has_due_on: bool = False
    has_paid_on: bool = False
    is_open: bool = False
    is_own: bool = False
    is_active: bool = True
    example: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_lines(self) -> bool:
        return self.lines is not Ask.NO

    @property
    def has_amount(self) -> bool:
        return self.amount is not Ask.NO

    @property
    def has_quantity(self) -> bool:
        return self.quantity is not Ask.NO

    def field_named(self, name: str) -> Field | None:
        return next((each for each in self.fields if each.name == name), None)
