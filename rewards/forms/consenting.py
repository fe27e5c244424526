"""What is filled in about people who earn for themselves, and about what people were given."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from partners.models import Member


class ApproverForm(forms.Form):
    """Who of the team agrees. The choices are who is on it now."""

    approver = forms.TypedChoiceField(
        label=_("Somebody of the team"),
        coerce=UUID,
        help_text=_("Best somebody who does not buy: nobody agrees to their own earning."),
    )

    def __init__(
        self, data: Any = None, *, members: Iterable[Member], named: Member | None = None
    ) -> None:
        super().__init__(data, initial={"approver": str(named.public_id)} if named else None)
        self.members = {each.public_id: each for each in members}
        self.fields["approver"].choices = [  # type: ignore[attr-defined]  # a choice field has them
            (str(public_id), each.person.name) for public_id, each in self.members.items()
        ]

    @property
    def chosen(self) -> Member:
        return self.members[self.cleaned_data["approver"]]


class AgreeForm(forms.Form):
    """Which terms were read."""

    terms_version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class GiftYearForm(forms.Form):
    """Which year of the register."""

    year = forms.TypedChoiceField(label=_("Year"), coerce=int)

    def __init__(self, data: Any = None, *, first: int, last: int) -> None:
        super().__init__(data)
        self.last = last
        self.fields["year"].choices = [  # type: ignore[attr-defined]  # see above
            (each, str(each)) for each in range(last, first - 1, -1)
        ]

    @property
    def chosen(self) -> int:
        """The year asked for, or the latest where none, or a strange one, was."""
        return int(self.cleaned_data["year"]) if self.is_valid() else self.last
