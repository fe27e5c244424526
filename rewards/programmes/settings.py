"""Choices of a programme that hold for all its rules, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from partners.models.amounts import to_ten_thousandths
from rewards.earning.exact import Exact, round_units
from rewards.programmes.pending import Pending, read_pending
from rewards.programmes.validity import Validity, read_validity
from rewards.programmes.values import (
    LANGUAGES,
    NAME_LENGTH_MAX,
    InvalidDefinition,
    read_choice,
    read_e4,
    read_money,
    read_table,
    read_text,
    read_texts,
    read_whole,
    read_yes_or_no,
    refuse_unknown,
)

CLAW_BACK_POLICIES: Final = ("only_pending", "within_balance", "allow_debt")
CLAW_BACK_BASES: Final = ("by_line", "by_value")
ROUNDINGS: Final = ("down", "half_up", "keep")
DOWNGRADES: Final = ("immediate",)
TIER_OF: Final = ("order_date", "today")
UNIT_DECIMALS_MAX: Final = 4
ROUND_TO_MAX: Final = 10**6
TERMS_LENGTH_MAX: Final = 10_000
# As CLDR names them, and the name that stands alone.
FORMS: Final = ("one", "few", "many", "other", "name")
# One of them is said where the form of a number is missing.
SPOKEN_FORMS: Final = ("other", "many")
PERSONAL_FIELDS: Final = ("allowed", "yearly_cap", "terms", "terms_version")
SETTINGS_FIELDS: Final = {
    "unit_names", "unit_value", "unit_decimals", "rounding", "round_to", "pending", "pending_days",
    "expiry", "expiry_months", "claw_back_policy", "claw_back_basis", "downgrade",
    "share_undo_days", "share_to_self", "request_lapses_days", "current_order_counts_for_tier",
    "points_payment_earns", "tier_of", "personal_earning",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PersonalEarning:
    """
    Whether members may earn for themselves, up to so much money a year (None: no end).

    ``terms`` are what an approver consents to, by language; a new text has a new version.
    """

    allowed: bool = False
    yearly_cap_e4: int | None = None
    terms: Mapping[str, str] | None = None
    terms_version: int = 0


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Choices of a programme. Amounts of money are in its currency, units in minor units.

    ``unit_value`` is what one unit is worth, of which ``unit_decimals`` says how many minor units
    it has. Awards are whole multiples of ``round_to`` minor units. ``request_lapses_days`` is how
    long a redemption may wait for somebody's approval. ``tier_of`` says whether the tier of the
    order's own day multiplies an award, or that of the day on which it is credited.
    """

    unit_names: Mapping[str, Mapping[str, str]]
    unit_value: Decimal
    rounding: str
    pending: Pending
    expiry: Validity
    claw_back_policy: str
    claw_back_basis: str
    downgrade: str
    share_undo_days: int
    share_to_self: bool
    request_lapses_days: int
    unit_decimals: int = 0
    round_to: int = 1
    current_order_counts_for_tier: bool = False
    points_payment_earns: bool = False
    tier_of: str = "order_date"
    personal_earning: PersonalEarning = PersonalEarning()

    @property
    def pending_days(self) -> int:
        """How many days awards wait where they wait for a day; 0 where for something else."""
        return self.pending.days

    def round(self, exact: Exact) -> int:
        """Round a number of minor units to what can be awarded."""
        return round_units(exact, self.rounding, to=self.round_to)

    @property
    def unit_value_e4(self) -> int:
        return to_ten_thousandths(self.unit_value)


def read_settings(row: Mapping[str, Any], path: str, *, is_published: bool = False) -> Settings:
    """
    Read the table ``settings``. Published versions are frozen: what was said in older words (days
    of pending, months of expiry) keeps its meaning.

    :raises InvalidDefinition: Naming the first place that cannot be used.
    """
    refuse_unknown(row, SETTINGS_FIELDS, path)
    unit_names = _read_unit_names(row.get("unit_names", {}), f"{path}.unit_names")
    if not is_published:
        _refuse_without_words(unit_names, f"{path}.unit_names")
    rounding, round_to = _read_rounding(row, path)
    read = _Choices(row, path)
    return Settings(
        unit_names=unit_names,
        unit_value=read_money(row.get("unit_value", "0"), f"{path}.unit_value"),
        unit_decimals=read.whole("unit_decimals", 0, 0, UNIT_DECIMALS_MAX),
        rounding=rounding,
        round_to=round_to,
        pending=_read_waiting(row, path),
        expiry=read_validity(row, path),
        claw_back_policy=read.one_of("claw_back_policy", CLAW_BACK_POLICIES, absent="allow_debt"),
        claw_back_basis=read.one_of("claw_back_basis", CLAW_BACK_BASES, absent="by_line"),
        downgrade=read.one_of("downgrade", DOWNGRADES, absent="immediate"),
        share_undo_days=read.whole("share_undo_days", 14, 0, 365),
        share_to_self=read.flag("share_to_self", absent=True),
        request_lapses_days=read.whole("request_lapses_days", 30, 1, 3_650),
        current_order_counts_for_tier=read.flag("current_order_counts_for_tier", absent=False),
        points_payment_earns=read.flag("points_payment_earns", absent=False),
        tier_of=read.one_of("tier_of", TIER_OF, absent="order_date"),
        personal_earning=_read_personal(
            row.get("personal_earning", {}), f"{path}.personal_earning"
        ),
    )


@dataclass(frozen=True, slots=True)
class _Choices:
    """The table of settings, of which each choice has a value where it is absent."""

    row: Mapping[str, Any]
    path: str

    def one_of(self, name: str, choices: tuple[str, ...], *, absent: str) -> str:
        return read_choice(self.row.get(name, absent), choices, f"{self.path}.{name}")

    def whole(self, name: str, absent: int, at_least: int, at_most: int) -> int:
        return read_whole(self.row.get(name, absent), at_least, at_most, f"{self.path}.{name}")

    def flag(self, name: str, *, absent: bool) -> bool:
        return read_yes_or_no(self.row.get(name, absent), f"{self.path}.{name}")


def _read_rounding(row: Mapping[str, Any], path: str) -> tuple[str, int]:
    rounding = read_choice(row.get("rounding", "down"), ROUNDINGS, f"{path}.rounding")
    round_to = read_whole(row.get("round_to", 1), 1, ROUND_TO_MAX, f"{path}.round_to")
    if rounding == "keep" and round_to != 1:
        raise InvalidDefinition(f"{path}.round_to", _("must be 1 where all decimals are kept"))
    return rounding, round_to


def _read_waiting(row: Mapping[str, Any], path: str) -> Pending:
    if row.get("pending") is None:
        days = read_whole(row.get("pending_days", 0), 0, 3_650, f"{path}.pending_days")
        return Pending("days", days=days)
    if "pending_days" in row:
        raise InvalidDefinition(
            f"{path}.pending", _("stands instead of pending_days, not beside it")
        )
    return read_pending(row["pending"], f"{path}.pending")


def _read_unit_names(value: Any, path: str) -> Mapping[str, Mapping[str, str]]:
    unit_names = read_table(value, path)
    refuse_unknown(unit_names, set(LANGUAGES), path)
    if "en" not in unit_names:
        raise InvalidDefinition(path, _("English forms are needed at least"))
    for language, forms in unit_names.items():
        at = f"{path}.{language}"
        for form, text in read_table(forms, at).items():
            read_text(text, NAME_LENGTH_MAX, f"{at}.{form}")
    return unit_names


def _refuse_without_words(unit_names: Mapping[str, Mapping[str, str]], path: str) -> None:
    """Refuse a language that has no word for most numbers, or forms that no language has."""
    for language, forms in unit_names.items():
        at = f"{path}.{language}"
        refuse_unknown(forms, set(FORMS), at)
        if not any(forms.get(form) for form in SPOKEN_FORMS):
            raise InvalidDefinition(at, _("the word after a number such as 5 is needed"))


def _read_personal(value: Any, path: str) -> PersonalEarning:
    row = read_table(value, path)
    refuse_unknown(row, set(PERSONAL_FIELDS), path)
    allowed = read_yes_or_no(row.get("allowed", False), f"{path}.allowed")
    cap = row.get("yearly_cap")
    terms = read_texts(row.get("terms", {}), TERMS_LENGTH_MAX, f"{path}.terms")
    if allowed and not terms.get("en"):
        raise InvalidDefinition(
            f"{path}.terms", _("English terms are needed, for employers to consent to")
        )
    return PersonalEarning(
        allowed=allowed,
        yearly_cap_e4=None if cap is None else read_e4(cap, f"{path}.yearly_cap"),
        terms=terms,
        terms_version=read_whole(
            row.get("terms_version", 1 if allowed else 0), 0, 10**6, f"{path}.terms_version"
        ),
    )
