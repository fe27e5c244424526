"""What has to be typed before a person is erased."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class EraseForm(forms.Form):
    """Asks for the address, so that it is this person who is meant."""

    email = forms.CharField(
        label=_("Type the e-mail address"),
        max_length=254,
        help_text=_("To be sure that nobody presses this by mistake."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = email

    def clean_email(self) -> str:
        typed = str(self.cleaned_data["email"]).strip().lower()
        if typed != self.expected.lower():
            raise forms.ValidationError(_("This is another address."))
        return typed
