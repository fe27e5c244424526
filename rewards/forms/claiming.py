"""What a seller fills in to claim a sale, and to ask for a decision to be looked at again."""

from collections.abc import Iterator
from datetime import date
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from partners.models import SellOutClaim
from rewards.claiming import (
    BYTES_MAX,
    PROOFS_MAX,
    ClaimDraft,
    GivenProof,
    SerialsRefused,
    TooManyProofs,
    read_serials,
)
from rewards.claiming.serials import SERIAL_LENGTH_MAX, SERIALS_MAX

ACCEPTED = ".pdf,.jpg,.jpeg,.png,.webp,.heic,application/pdf,image/jpeg,image/png,image/webp"
NOTE_LENGTH_MAX = 500


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once; what each of them is, is told by its content elsewhere."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [file for file in data or [] if file]
        if len(files) > PROOFS_MAX:
            raise forms.ValidationError(str(TooManyProofs()), code="too_many")
        return [super(FilesField, self).clean(file, initial) for file in files]


class ClaimForm(forms.Form):
    """
    ``request_id`` was issued with the page: whatever is pressed twice, it counts once.

    ``acting_for`` is the membership that the page was made for, so that a claim never goes to
    another company that was chosen in another tab.
    """

    request_id = forms.UUIDField(widget=forms.HiddenInput)
    acting_for = forms.UUIDField(widget=forms.HiddenInput)
    sku = forms.CharField(
        label=_("Article"),
        max_length=64,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=_("Its number as it stands on our invoice."),
    )
    serials = forms.CharField(
        label=_("Serial numbers"),
        max_length=(SERIAL_LENGTH_MAX + 20) * SERIALS_MAX,
        widget=forms.Textarea({"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("One on each line. Capitals and spaces make no difference."),
    )
    sold_on = forms.DateField(
        label=_("Sold on"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    document = forms.CharField(
        label=_("Your invoice or receipt"),
        max_length=64,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text=_("Its number in your books."),
    )
    proofs = FilesField(
        label=_("Proof"),
        required=False,
        widget=FilesInput({"multiple": True, "accept": ACCEPTED}),
        help_text=_(
            "The invoice or a photo of it: PDF, JPEG, PNG, WebP or HEIC. Up to 5 files of 5 MB."
        ),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=NOTE_LENGTH_MAX,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("What we should know. It may stay empty."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.files:
            # Shown again only where something was refused.
            self.fields["proofs"].help_text = _(
                "Files have to be chosen again: a browser does not keep them."
            )

    @classmethod
    def fresh(cls, *, acting_for: Any, today: date) -> "ClaimForm":
        return cls(initial={"request_id": uuid4(), "acting_for": acting_for, "sold_on": today})

    def clean_serials(self) -> list[str]:
        try:
            serials = read_serials(self.cleaned_data["serials"].splitlines())
        except SerialsRefused as refused:
            raise forms.ValidationError(str(refused), code=refused.code) from refused
        if not serials:
            raise forms.ValidationError(_("Write at least one serial number."), code="required")
        return serials

    def clean_proofs(self) -> list[GivenProof]:
        return list(self._read_proofs())

    def _read_proofs(self) -> Iterator[GivenProof]:
        for file in self.cleaned_data["proofs"]:
            name = str(file.name)
            if (file.size or 0) > BYTES_MAX:
                raise forms.ValidationError(
                    _("%(name)s is larger than 5 MB."), code="too_large", params={"name": name}
                )
            yield GivenProof(name, file.read())

    def draft(self) -> ClaimDraft:
        given = self.cleaned_data
        return ClaimDraft(
            request_id=given["request_id"],
            sku=given["sku"],
            sold_on=given["sold_on"],
            document=given["document"],
            serials=given["serials"],
            note=given["note"],
            proofs=given["proofs"],
        )

    def says(self, claim: SellOutClaim) -> bool:
        """Whether this is what the claim was filed with; proofs may be chosen again."""
        given = self.cleaned_data
        words = (given["sku"], given["sold_on"], given["document"], given["note"])
        filed = (claim.sku, claim.sold_on, claim.document, claim.note)
        return words == filed and set(given["serials"]) == set(claim.serial_numbers)

    def begun_anew(self) -> "ClaimForm":
        """Return the form with what was typed, to be sent as a claim of its own."""
        typed = cast(Any, self.data).copy()
        typed["request_id"] = str(uuid4())
        again = ClaimForm(typed, self.files)
        again.is_valid()
        again.add_error(
            None,
            _(
                "This page was sent before and filed another claim, which stands. Send it once more"
                " to file this one too."
            ),
        )
        return again


class AppealForm(forms.Form):
    note = forms.CharField(
        label=_("Why should we look again?"),
        max_length=NOTE_LENGTH_MAX,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Somebody else will decide. A claim can be appealed once."),
    )
