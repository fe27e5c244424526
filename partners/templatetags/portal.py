"""
Numbers, points, money, dates, icons and form fields in templates.

The unit, currency and demo notice come from ``request.frame``, so that a partial included with
``only`` writes points like the page around it.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.forms import BoundField
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from partners.navigation import MenuItem, menu_for
from partners.wording import (
    FALLBACK_LANGUAGE,
    UnitWording,
    day_format,
    format_money,
    format_number,
    format_signed,
)

register = template.Library()

DAY_FORMATS = {
    "long": "j E Y",
    "short": "j M",
    "short_dated": "j M Y",
    "month_only": "M",
    "month_short": "M Y",
    "month": "F Y",
    "since": "E Y",
    "time": "j E Y, H:i",
}


def current_language() -> str:
    return (get_language() or FALLBACK_LANGUAGE).split("-")[0]


# Only English writes months with a capital.
SHORT_MONTH = {"en": "M"}


def format_day(moment: date | datetime, form: str) -> str:
    """Write a day ``dated``, or in one of ``DAY_FORMATS``, as the reader's language writes months."""
    language = current_language()
    pattern = day_format(language) if form == "dated" else DAY_FORMATS[form]
    pattern = pattern.replace("M", SHORT_MONTH.get(language, "b"))
    text = format_date(moment, pattern)
    return text if language == "en" else text.lower()


BANNER_KINDS = {"success": "ok", "error": "bad", "warning": "warn"}
BANNER_ICONS = {"ok": "ok", "bad": "stop", "warn": "warn", "": "info"}


def find_unit(context: Context) -> UnitWording:
    """Return how this page's programme calls its points; plain points outside the portal."""
    frame = getattr(getattr(context, "request", None), "frame", None)
    return getattr(frame, "unit", None) or UnitWording()


# ------------------------------------------------------------------ numbers


@register.simple_tag(takes_context=True)
def points(
    context: Context,
    value: int,
    size: str = "",
    *,
    signed: bool = False,
    bare: bool = False,
    unit: UnitWording | None = None,
) -> SafeString:
    """
    Write an amount of the programme's unit: ``{% points 1234 "big" %}``.

    ``size`` is empty, ``big`` or ``giant``; ``signed`` writes a plus too; ``bare`` leaves the word
    out where a column head or caption names the unit.
    """
    wording = unit or find_unit(context)
    language = current_language()
    number = wording.number(value, language, signed=signed)
    css = f"pts {size}".strip()
    amount = wording.amount(value)
    if bare:
        return format_html('<data class="{}" value="{}">{}</data>', css, amount, number)
    word = wording.name(amount, language)
    return format_html(
        '<data class="{}" value="{}">{} <small>{}</small></data>', css, amount, number, word
    )


@register.simple_tag(takes_context=True)
def points_text(
    context: Context, value: int, *, signed: bool = False, unit: UnitWording | None = None
) -> str:
    """Write an amount as plain text for sentences, buttons and labels: ``1,234 points``."""
    return (unit or find_unit(context)).phrase(value, current_language(), signed=signed)


@register.simple_tag(takes_context=True)
def unit_name(context: Context, value: int = 0) -> str:
    """Write only the word, in the form that ``value`` asks for."""
    wording = find_unit(context)
    return wording.name(wording.amount(value), current_language())


@register.simple_tag(takes_context=True)
def unit_alone(context: Context) -> str:
    """Write only the word, as it stands after a colon or in a heading."""
    return find_unit(context).name_alone(current_language())


@register.simple_tag(takes_context=True)
def money(
    context: Context, amount: Decimal | int, currency: str = "", *, whole: bool = False
) -> str:
    """Write an amount of money; without a currency in the programme's own."""
    frame = getattr(getattr(context, "request", None), "frame", None)
    code = currency or getattr(frame, "currency", "")
    return format_money(amount, code, current_language(), whole=whole)


@register.filter
def number(value: int | Decimal) -> str:
    """``12480`` as ``12,480``, with the separators of the language."""
    return format_number(value, current_language())


@register.filter
def signed(value: int | Decimal) -> str:
    return format_signed(value, current_language())


# -------------------------------------------------------------------- dates


@register.simple_tag(takes_context=True)
def day(context: Context, moment: date | datetime | None, form: str = "long") -> SafeString | str:
    """
    Write a day in words, in the programme's time zone: ``{% day order.occurred_at "short" %}``.

    Forms: ``long`` 30 November 2011, ``dated`` 30 Nov 2011 (only English shortens it), ``month``
    November 2011, ``time`` with the hour and minute; in narrow columns ``short`` 30 Nov and
    ``short_dated`` 30 Nov 2011.
    """
    if moment is None:
        return ""
    if isinstance(moment, datetime):
        frame = getattr(getattr(context, "request", None), "frame", None)
        zone: ZoneInfo | None = getattr(frame, "zone", None)
        moment = timezone.localtime(moment, zone)
        machine = moment.isoformat() if form == "time" else moment.date().isoformat()
    else:
        machine = moment.isoformat()
    return format_html('<time datetime="{}">{}</time>', machine, format_day(moment, form))


@register.simple_tag(takes_context=True)
def day_text(context: Context, moment: date | datetime | None, form: str = "long") -> str:
    """Write a day as plain text for sentences and attributes."""
    if moment is None:
        return ""
    if isinstance(moment, datetime):
        frame = getattr(getattr(context, "request", None), "frame", None)
        moment = timezone.localtime(moment, getattr(frame, "zone", None))
    return format_day(moment, form)


@register.simple_tag(takes_context=True)
def last_day(context: Context, expires_at: datetime | None, form: str = "long") -> SafeString | str:
    """Write the last day on which a lot can be used; its expiry is the midnight after it."""
    return day(context, expires_at and expires_at - timedelta(microseconds=1), form)


# --------------------------------------------------------------- navigation


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[list[MenuItem]]:
    """Return the groups of menu items that exist and that the acting member may open."""
    request = context.request  # type: ignore[attr-defined]  # a RequestContext has it
    return menu_for(role=request.member.role, path=request.path)


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """Return the languages of the product, each in its own name and untranslated."""
    return list(settings.LANGUAGES)


# -------------------------------------------------------------------- icons


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """Draw a line icon beside its word: ``{% icon "home" %}``, small with ``"i-s"``."""
    css = f"i {extra}".strip()
    return format_html(
        '<svg class="{}" viewBox="0 0 20 20" aria-hidden="true"><use href="{}#{}"/></svg>',
        css,
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def pictogram(name: str) -> SafeString:
    """Draw the picture of a reward kind, such as ``invoice``, ``gift`` or ``training``."""
    return format_html(
        '<svg class="pic" viewBox="0 0 48 48" aria-hidden="true"><use href="{}#pic-{}"/></svg>',
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def logo() -> SafeString:
    return format_html(
        '<svg class="logo" viewBox="0 0 28 28" aria-hidden="true"><use href="{}#logo"/></svg>',
        static("img/icons.svg"),
    )


@register.filter
def banner_kind(level_tag: str) -> str:
    """The kind of banner for the level of a Django message."""
    return BANNER_KINDS.get(level_tag, "")


@register.filter
def banner_icon(kind: str) -> str:
    return BANNER_ICONS.get(kind, "info")


# --------------------------------------------------------------------- forms


@register.simple_tag
def control(field: BoundField, **attributes: Any) -> SafeString:
    """
    Draw a field's control with what assistive technology needs.

    ``{% control form.amount inputmode="numeric" %}`` adds the class, ties hint and error to it.
    """
    widget = field.field.widget
    if getattr(widget, "input_type", "text") not in {"checkbox", "radio", "hidden"}:
        attributes.setdefault("class", "input")
    if widget.attrs.get("placeholder") == field.label:
        # A placeholder that repeats the label says nothing and hides what is empty.
        attributes.setdefault("placeholder", "")
    if field.errors:
        attributes["aria-invalid"] = "true"
    described = [
        part
        for part, there in (
            (f"{field.auto_id}-hint", field.help_text),
            (f"{field.auto_id}-error", field.errors),
        )
        if there
    ]
    if described:
        attributes["aria-describedby"] = " ".join(described)
    names = {name.replace("_", "-"): value for name, value in attributes.items()}
    return field.as_widget(attrs=names)


@register.filter
def widget_type(field: BoundField) -> str:
    """``checkbox``, ``select``, ``textarea`` or the type of the input."""
    widget = field.field.widget
    return getattr(widget, "input_type", "") or type(widget).__name__.lower()
