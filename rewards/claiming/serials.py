"""Serial numbers as people type them, and as two of them are the same."""

import unicodedata
from collections import Counter
from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

SERIAL_LENGTH_MAX = 64
SERIALS_MAX = 50


class SerialsRefused(ValueError):
    """The serial numbers cannot be kept; ``code`` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def normalise(text: str) -> str:
    """Return a serial number or SKU without what people type differently: width, case, spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def read_serials(texts: Iterable[str]) -> list[str]:
    """
    Return serial numbers as they are kept, each once, in the order given; empty ones are skipped.

    :raises SerialsRefused: If there are too many, one is too long or not plain, or one comes twice.
    """
    serials = [serial for serial in map(normalise, texts) if serial]
    if len(serials) > SERIALS_MAX:
        said = ngettext(
            "Claim at most %(count)d serial number at a time.",
            "Claim at most %(count)d serial numbers at a time.",
            SERIALS_MAX,
        )
        raise SerialsRefused("too_many", said % {"count": SERIALS_MAX})
    for serial in serials:
        if len(serial) > SERIAL_LENGTH_MAX:
            said = _("%(serial)s… is too long for a serial number.") % {"serial": serial[:20]}
            raise SerialsRefused("too_long", said)
        if not serial.isprintable():
            raise SerialsRefused("not_plain", _("Write serial numbers with plain characters."))
    twice = [serial for serial, times in Counter(serials).items() if times > 1]
    if twice:
        said = ngettext(
            "This serial number stands twice: %(serials)s.",
            "These serial numbers stand twice: %(serials)s.",
            len(twice),
        )
        raise SerialsRefused("twice", said % {"serials": ", ".join(twice)})
    return serials
