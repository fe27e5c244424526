"""What somebody who is invited fills in before they have a place here."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.inviting import NameNotPlain, check_name
from partners.models import Person

NAME_LENGTH_MAX = 150


class JoinForm(forms.Form):
    """A name and a password of one's own. The address is the one the invitation went to."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=NAME_LENGTH_MAX,
        widget=forms.TextInput({"autocomplete": "name"}),
        help_text=gettext_lazy("As your colleagues know you."),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 12 characters, and none that many others use."),
    )
    password_again = forms.CharField(
        label=gettext_lazy("The password once more"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.email = email

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        try:
            check_name(name)
        except NameNotPlain as refusal:
            raise ValidationError(str(refusal)) from refusal
        return name

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        password = given.get("password")
        if not password:
            return given
        person = Person(email=self.email, name=given.get("name", ""))
        try:
            password_validation.validate_password(password, person)
        except ValidationError as refusal:
            self.add_error("password", refusal)
        if "password_again" in given and given["password_again"] != password:
            self.add_error("password_again", _("The two passwords are not the same."))
        return given
