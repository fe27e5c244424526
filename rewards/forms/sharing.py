"""The share page: an amount, a method, and a row for each member of the team."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from partners.models import Member
from rewards.forms.numbers import UnitsField, WeightField
from rewards.models import Share
from rewards.sharing import NothingToSplitBy, PartDraft, propose

Method = Share.Method


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One member on the page: the fields of the row, and what the method gives them."""

    member: Member
    include: forms.BoundField
    weight: forms.BoundField
    part: forms.BoundField
    note: forms.BoundField
    is_in: bool
    proposed: int
    given: int

    @property
    def delta(self) -> int:
        return self.given - self.proposed


class ShareForm(forms.Form):
    """
    Reads what was typed; the split itself is ``rewards.sharing.propose``.

    The fields of a row are named by the member's opaque id and exist only for this team, so that
    nobody else can be named and a change of the team in between never moves a part to another.
    """

    request_id = forms.UUIDField(widget=forms.HiddenInput)
    method = forms.ChoiceField(label=_("How to split"), choices=Method.choices)
    reason = forms.CharField(
        label=_("Reason, for everyone"),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        members: Sequence[Member],
        available: int,
        decimals: int,
    ) -> None:
        super().__init__(data)
        self.members = members
        self.available = available
        self.decimals = decimals
        self.was_checked = False
        self.fields["amount"] = UnitsField(
            label=_("Amount to share"), decimals=decimals, of=available, required=False
        )
        for key in self.keys:
            self.fields[f"include_{key}"] = forms.BooleanField(required=False)
            self.fields[f"weight_{key}"] = WeightField(required=False, max_length=8)
            self.fields[f"part_{key}"] = UnitsField(decimals=decimals, required=False)
            self.fields[f"note_{key}"] = forms.CharField(required=False, max_length=200)

    @classmethod
    def fresh(
        cls, *, members: Sequence[Member], available: int, decimals: int, amount: int
    ) -> "ShareForm":
        """An equal split over everybody, ready to be changed."""
        data: dict[str, Any] = {"request_id": str(uuid.uuid4()), "method": Method.EQUAL}
        data["amount"] = _write(amount, decimals)
        for member in members:
            data |= {f"include_{member.public_id.hex}": "on", f"weight_{member.public_id.hex}": "1"}
        blank = cls(data, members=members, available=available, decimals=decimals)
        blank.is_valid()
        return blank.split_again()

    @property
    def keys(self) -> list[str]:
        return [member.public_id.hex for member in self.members]

    @property
    def method_chosen(self) -> str:
        return str(self.cleaned_data.get("method", Method.EQUAL))

    @property
    def to_share(self) -> int:
        """The amount, in minor units. (In a template ``form.amount`` is the field.)"""
        return self.cleaned_data.get("amount") or 0

    @property
    def included(self) -> list[bool]:
        return [bool(self.cleaned_data.get(f"include_{key}")) for key in self.keys]

    @property
    def given(self) -> list[int]:
        return self._numbers("part")

    @property
    def proposed(self) -> list[int]:
        """What the method gives each; by hand that is what was typed."""
        if self.method_chosen == Method.BY_HAND:
            return self.given
        # Who is left out weighs nothing, also where all others weigh the same.
        by_weights = self.method_chosen == Method.WEIGHTS
        weights = self._numbers("weight") if by_weights else [int(is_in) for is_in in self.included]
        try:
            return propose(amount=self.to_share, method=Method.WEIGHTS, weights=weights)
        except NothingToSplitBy:
            return [0] * len(weights)

    @property
    def missing(self) -> int:
        """What is still to be given; below zero where too much is."""
        return self.to_share - sum(self.given)

    @property
    def missing_signed(self) -> int:
        """The same as a change to the sum: minus where something is missing."""
        return -self.missing

    @property
    def gap(self) -> int:
        return abs(self.missing)

    @property
    def sum_given(self) -> int:
        return sum(self.given)

    @property
    def sum_proposed(self) -> int:
        return sum(self.proposed)

    @property
    def standing(self) -> str:
        """How the sum stands: ``exact``, or the one thing in its way that is said first."""
        if "amount" in self.errors and not self.to_share:
            return "unread"
        if self.to_share > self.available:
            return "beyond"
        if self.missing:
            return "short" if self.missing > 0 else "over"
        return "exact" if self.to_share else "empty"

    @property
    def has_notes(self) -> bool:
        return any(row.note.value() for row in self.rows())

    @property
    def row_errors(self) -> list[tuple[str, str]]:
        """What cannot be read in a row of the table, with the name that stands there."""
        return [
            (row.member.person.name, str(message))
            for row in self.rows()
            for field in (row.weight, row.part, row.note)
            for message in field.errors
        ]

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Everything typed, for the hidden fields of the confirm step."""
        names = [name for name in self.fields if self.data.get(name) not in (None, "")]
        return [(name, str(self.data.get(name))) for name in names]

    @property
    def people(self) -> int:
        return sum(1 for part in self.given if part)

    def rows(self) -> list[ShareRow]:
        return [
            ShareRow(
                member=member,
                include=self[f"include_{key}"],
                weight=self[f"weight_{key}"],
                part=self[f"part_{key}"],
                note=self[f"note_{key}"],
                is_in=is_in,
                proposed=proposed,
                given=given,
            )
            for member, key, is_in, proposed, given in zip(
                self.members, self.keys, self.included, self.proposed, self.given, strict=True
            )
        ]

    def split_again(self) -> "ShareForm":
        """Return the form with every part as the method proposes it."""
        parts = zip(self.keys, self.proposed, strict=True)
        return self._with({f"part_{key}": _write(part, self.decimals) for key, part in parts})

    def with_percent(self, percent: int) -> "ShareForm":
        """Return the form with so much of the pool, split again."""
        amount = self.available * percent // 100
        return self._with({"amount": _write(amount, self.decimals)}).split_again()

    def with_new_request_id(self) -> "ShareForm":
        return self._with({"request_id": str(uuid.uuid4())})

    def parts(self) -> list[PartDraft]:
        """Return what ``rewards.sharing.share`` takes."""
        return [
            PartDraft(
                member_id=row.member.pk,
                amount=row.given,
                weight=self.cleaned_data.get(row.weight.name) or 0,
                proposed=row.proposed,
                note=self.cleaned_data.get(row.note.name, ""),
            )
            for row in self.rows()
            if row.given
        ]

    def check_complete(self) -> bool:
        """Say what is missing before the share can be looked at as a whole. True if nothing is."""
        self.was_checked = True
        if not self.to_share and "amount" not in self.errors:
            self.add_error("amount", _("Say how much to share."))
        if self.to_share > self.available:
            self.add_error("amount", _("The pool holds less than that."))
        if "reason" not in self.errors and not self.cleaned_data["reason"]:
            self.add_error("reason", _("Give a reason. Everybody who gets points reads it."))
        return not self.errors and not self.missing

    def _numbers(self, name: str) -> list[int]:
        """Return a column of the table; who is not included has nothing in it."""
        return [
            (self.cleaned_data.get(f"{name}_{key}") or 0) if is_in else 0
            for key, is_in in zip(self.keys, self.included, strict=True)
        ]

    def _with(self, changes: Mapping[str, str]) -> "ShareForm":
        # A QueryDict holds lists; the last value of each name is what a form reads.
        data = {name: self.data.get(name) for name in self.data} | dict(changes)
        made = type(self)(
            data, members=self.members, available=self.available, decimals=self.decimals
        )
        made.is_valid()
        return made


def _write(units: int, decimals: int) -> str:
    return str(Decimal(units).scaleb(-decimals))
