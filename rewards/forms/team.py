"""What a head buyer fills in about the team."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from partners.inviting import NameNotPlain, Offer, check_name
from partners.models import Member

Role = Member.Role
ROLES = (
    (Role.BUYER, _("Buyer: has a wallet, takes rewards with it")),
    (Role.VIEWER, _("Viewer: sees points and statements, spends nothing")),
    (Role.HEAD_BUYER, _("Head buyer: shares the pool, takes rewards, manages the team")),
)
JOB_TITLE_LENGTH_MAX = 100


class JobTitleField(forms.CharField):
    def __init__(self) -> None:
        super().__init__(
            label=_("Job title"),
            required=False,
            max_length=JOB_TITLE_LENGTH_MAX,
            widget=forms.TextInput({"autocomplete": "off"}),
            help_text=_("What the team knows them for. It may stay empty."),
        )


class InviteForm(forms.Form):
    """``acting_for`` says for whom the page was opened: another tab may have changed the company."""

    acting_for = forms.UUIDField(widget=forms.HiddenInput)
    email = forms.EmailField(
        label=_("Work e-mail"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off"}),
        help_text=_("The link goes there, and they sign in with it."),
    )
    name = forms.CharField(
        label=pgettext_lazy("of a person", "Name"),
        max_length=150,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=ROLES, widget=forms.RadioSelect)
    job_title = JobTitleField()
    language = forms.ChoiceField(label=_("Language of the mail"), choices=settings.LANGUAGES)

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        try:
            check_name(name)
        except NameNotPlain as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return name

    @classmethod
    def fresh(cls, acting: Member, again: Member | None) -> "InviteForm":
        """An empty form, or one for somebody who was on the team before."""
        initial: dict[str, Any] = {
            "acting_for": acting.public_id,
            "role": Role.BUYER,
            "language": get_language(),
        }
        if again is not None:
            initial |= {
                "email": again.person.email,
                "name": again.person.name,
                "role": again.role,
                "job_title": again.job_title,
                "language": again.person.language,
            }
        return cls(initial=initial)

    def offer(self) -> Offer:
        return Offer(
            email=self.cleaned_data["email"],
            name=self.cleaned_data["name"],
            role=self.cleaned_data["role"],
            job_title=self.cleaned_data["job_title"],
            language=self.cleaned_data["language"],
        )


class MemberForm(forms.Form):
    """Role and job title of a member, as of a revision."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    role = forms.ChoiceField(label=_("Role"), choices=ROLES, widget=forms.RadioSelect)
    job_title = JobTitleField()

    @classmethod
    def of(cls, member: Member) -> "MemberForm":
        return cls(
            initial={
                "revision": member.revision,
                "role": member.role,
                "job_title": member.job_title,
            }
        )


class HandOverForm(forms.Form):
    """What becomes of who hands over."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    becomes = forms.ChoiceField(
        label=_("After that you are"), choices=ROLES[:2], widget=forms.RadioSelect
    )


class LeaveForm(forms.Form):
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    withdraws = forms.BooleanField(label=_("Withdraw all of it and go on"), required=False)
