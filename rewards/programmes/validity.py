"""
How long points live: pure dates in, the moment of expiry out.

Points expire at the local midnight that ends their last good day, in the programme's time zone.
Validity counts from the local day of the activity, whenever it was reported. A day that a shorter
month does not have is its last day: 31 January and one month is 28 or 29 February, 29 February and
twelve months is 28 February. Months are added at once, never step by step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from rewards.programmes.calendar import add_months, end_of_local_day, last_day_of_month
from rewards.programmes.values import InvalidDefinition, read_choice, read_whole, refuse_unknown

NEVER: Final = "never"
AFTER_DAYS: Final = "after_days"
AFTER_MONTHS: Final = "after_months"
END_OF_MONTH: Final = "end_of_month"
END_OF_YEAR: Final = "end_of_year"
ROLLING_MONTHS: Final = "rolling_months"

RULES: Final = (NEVER, AFTER_DAYS, AFTER_MONTHS, END_OF_MONTH, END_OF_YEAR, ROLLING_MONTHS)

# What each rule counts: the name of the number, its least and its greatest value.
COUNTED: Final[Mapping[str, tuple[str, int, int]]] = {
    AFTER_DAYS: ("days", 1, 36_500),
    AFTER_MONTHS: ("months", 1, 1_200),
    END_OF_MONTH: ("months", 0, 1_200),
    END_OF_YEAR: ("years", 0, 100),
    ROLLING_MONTHS: ("months", 1, 1_200),
}
REINSTATEMENT_DAYS_MAX: Final = 3_650


@dataclass(frozen=True, slots=True)
class Validity:
    """
    A rule of expiry. ``count`` is in days, months or years, as the rule says.

    ``reinstatement_days`` is how long points live again that come back after they expired, as in
    the refund of a redemption; 0 means that they come back expired.
    """

    rule: str
    count: int = 0
    reinstatement_days: int = 0

    @property
    def rolls(self) -> bool:
        """Whether each new activity prolongs what its partner holds already."""
        return self.rule == ROLLING_MONTHS

    def last_day(self, earned_on: date, *, extra_months: int = 0) -> date | None:
        """
        Return the last local day on which points earned on this day are good; None for ever.

        :param extra_months: What the tier adds. At the end of a year it moves on from December.
        """
        match self.rule:
            case "after_days":
                return add_months(earned_on + timedelta(days=self.count), extra_months)
            case "after_months" | "rolling_months":
                return add_months(earned_on, self.count + extra_months)
            case "end_of_month":
                return last_day_of_month(add_months(earned_on, self.count + extra_months))
            case "end_of_year":
                return add_months(date(earned_on.year + self.count, 12, 31), extra_months)
            case _:
                return None

    def expires_at(
        self, earned_on: date, *, time_zone: str, extra_months: int = 0
    ) -> datetime | None:
        """Return the moment at which points earned on this local day expire; None for never."""
        last = self.last_day(earned_on, extra_months=extra_months)
        return None if last is None else end_of_local_day(last, time_zone)

    def revived_until(self, given_back_on: date, *, time_zone: str) -> datetime | None:
        """Return until when expired points live again that come back today; None for not at all."""
        if not self.reinstatement_days:
            return None
        return end_of_local_day(given_back_on + timedelta(days=self.reinstatement_days), time_zone)


def read_validity(settings: Mapping[str, Any], path: str) -> Validity:
    """
    Read the table ``expiry`` of the settings, or the ``expiry_months`` of versions before it.

    :raises InvalidDefinition: If a number is missing, out of its bounds, or not of this rule.
    """
    row, months = settings.get("expiry"), settings.get("expiry_months")
    if row is None:
        if months is None:
            return Validity(NEVER)
        return Validity(AFTER_MONTHS, read_whole(months, 1, 1_200, f"{path}.expiry_months"))
    path = f"{path}.expiry"
    if months is not None:
        raise InvalidDefinition(path, _("stands instead of expiry_months, not beside it"))
    if not isinstance(row, Mapping):
        raise InvalidDefinition(path, _("must be a table with a rule"))
    rule = read_choice(row.get("rule"), RULES, f"{path}.rule")
    counted, at_least, at_most = COUNTED.get(rule, ("", 0, 0))
    refuse_unknown(row, {"rule", "reinstatement_days", counted} - {""}, path)
    reinstatement_days = row.get("reinstatement_days", 0)
    return Validity(
        rule,
        read_whole(row.get(counted, 0), at_least, at_most, f"{path}.{counted}") if counted else 0,
        read_whole(reinstatement_days, 0, REINSTATEMENT_DAYS_MAX, f"{path}.reinstatement_days"),
    )
