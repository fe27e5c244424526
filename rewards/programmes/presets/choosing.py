"""What may be chosen when a preset is loaded, instead of what its file says."""

from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.translation import gettext as _

from partners.currencies import CURRENCIES

CODE_LENGTH_MAX = 40
NAME_LENGTH_MAX = 100
CURRENCY_PLACE = "{currency}"
"""In a file, where the currency stands in the name of a unit of money."""


class ChoiceNotValid(ValueError):
    """Something that was chosen cannot be used; ``field`` says what."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Empty means: as the preset says. The currency is the programme's, and of a unit of money."""

    code: str = ""
    name: str = ""
    seller_name: str = ""
    currency: str = ""
    time_zone: str = ""


AS_WRITTEN: Final = Choices()


def apply(choices: Choices, document: dict[str, Any]) -> None:
    """
    Put what was chosen into the document of a preset.

    Amounts of money stay the numbers they are: they are read in the chosen currency.

    :raises ChoiceNotValid: If something chosen cannot be used.
    """
    _check(choices)
    programme, unit = document["programme"], document["unit"]
    if choices.code:
        unit["code"] = choices.code + unit["code"].removeprefix(programme["code"])
        programme["code"] = choices.code
    programme["name"] = choices.name or programme["name"]
    programme["seller_name"] = choices.seller_name or programme["seller_name"]
    programme["currency"] = choices.currency or programme["currency"]
    programme["time_zone"] = choices.time_zone or programme["time_zone"]
    if unit["kind"] == "money":
        unit["currency"] = programme["currency"]
    settings = document["definition"]["settings"]
    settings["unit_names"] = {
        language: {
            form: name.replace(CURRENCY_PLACE, programme["currency"])
            for form, name in forms.items()
        }
        for language, forms in settings["unit_names"].items()
    }


def _check(choices: Choices) -> None:
    if choices.code:
        _check_code(choices.code)
    for field in ("name", "seller_name"):
        if len(getattr(choices, field)) > NAME_LENGTH_MAX:
            said = _("Write at most %(count)d characters.") % {"count": NAME_LENGTH_MAX}
            raise ChoiceNotValid(field, said)
    if choices.currency and choices.currency not in CURRENCIES:
        said = _("“%(code)s” is no currency of ISO 4217.") % {"code": choices.currency}
        raise ChoiceNotValid("currency", said)
    if choices.time_zone and choices.time_zone not in available_timezones():
        said = _("“%(name)s” is no time zone.") % {"name": choices.time_zone}
        raise ChoiceNotValid("time_zone", said)


def _check_code(code: str) -> None:
    try:
        validate_slug(code)
    except ValidationError as error:
        said = _("A code is written with letters, digits, hyphens and underscores.")
        raise ChoiceNotValid("code", said) from error
    if len(code) > CODE_LENGTH_MAX:
        said = _("Write at most %(count)d characters.") % {"count": CODE_LENGTH_MAX}
        raise ChoiceNotValid("code", said)
