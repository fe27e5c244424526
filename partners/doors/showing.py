"""How the admin writes amounts, moments and stored documents, the same on every page."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import get_language

from partners.wording import FALLBACK_LANGUAGE, day_format, format_money, format_number

NOTHING = "–"
DEPTH_MAX = 6


def language() -> str:
    return (get_language() or FALLBACK_LANGUAGE).split("-")[0]


def say_time(moment: datetime | None) -> str:
    return date_format(localtime(moment), f"{day_format(language())}, H:i") if moment else NOTHING


def say_day(day: date | None) -> str:
    return date_format(day, day_format(language())) if day else NOTHING


def say_number(value: int | Decimal) -> str:
    return format_number(value, language())


def say_money(amount: Decimal | int, currency: str) -> str:
    return format_money(amount, currency, language())


def link_to(row: Model | None, text: str | None = None) -> SafeString | str:
    """Link to the page of a row."""
    if row is None:
        return NOTHING
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return format_html(
        '<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>',
        reverse(name, args=[row.pk]),
        text or str(row),
    )


def link_to_list(list_name: str, query: str, text: str) -> SafeString:
    """Link to a list such as ``rewards_award``, which may lie on a higher floor, filtered."""
    return format_html(
        '<a href="{}?{}" class="text-primary-600 dark:text-primary-500">{}</a>',
        reverse(f"admin:{list_name}_changelist"),
        query,
        text,
    )


def show_document(value: Any, depth: int = 0) -> SafeString | str:
    """Draw a stored document as nested lists of names and values. Everything is escaped."""
    if depth < DEPTH_MAX and isinstance(value, Mapping) and value:
        rows = ((say_name(name), show_document(item, depth + 1)) for name, item in value.items())
        return format_html(
            '<dl class="t-pairs">{}</dl>',
            format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows),
        )
    if depth < DEPTH_MAX and is_list(value) and value:
        items = ((show_document(item, depth + 1),) for item in value)
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}</li>", items))
    if isinstance(value, int) and not isinstance(value, bool):
        return say_number(value)
    return NOTHING if value in (None, "", [], {}) else str(value)


def say_name(name: Any) -> str:
    """``rows_accepted`` as people write it."""
    return str(name).replace("_", " ")


def is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


class Labels(dict[str, str | None]):
    """
    Colours of labels by code.

    A code without one is shown in words too: of a plain dict the admin's theme shows the code.
    """

    def __missing__(self, code: str) -> None:
        return None
