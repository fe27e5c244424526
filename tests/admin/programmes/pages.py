"""Pages of the rule editor: where they are, what they say, and what a browser would send."""

import json
import re
from html import unescape

from django.contrib.messages import get_messages
from django.forms import Form
from django.http import QueryDict
from django.urls import reverse

from rewards.admin.programmes.row_form import RowList
from rewards.admin.programmes.trees import Conditions
from rewards.models import ProgrammeVersion
from rewards.programmes.drafting import Document

BLANK = {
    "name_en": "Bonus",
    "trigger": "order",
    "effect-kind": "per_money",
    "effect-per_money__units": "2",
    "effect-per_money__per": "10",
    "delivery": "on",
    "to": "pool",
    "priority": "0",
    "pending-kind": "",
}


def page(version, name="change", *more):
    return reverse(f"admin:rewards_programmeversion_{name}", args=[version.pk, *more])


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def rules(version, campaign=""):
    document: Document = ProgrammeVersion.objects.get(pk=version.pk).definition
    holder = document if not campaign else document["campaigns"][0]
    return [rule["code"] for rule in holder["rules"]]


def fields_of(answer):
    """Return what a browser would send of the form that is shown."""
    html = answer.content.decode()
    html = re.sub(r"<template.*?</template>", "", html, flags=re.DOTALL)
    data = {}
    for tag in re.findall(r"<input[^>]*>", html):
        name = re.search(r'name="([^"]+)"', tag)
        kind = re.search(r'type="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name is None or name.group(1) == "csrfmiddlewaretoken":
            continue
        if kind and kind.group(1) in {"checkbox", "radio"}:
            if "checked" not in tag:
                continue
            data.setdefault(name.group(1), []).append(value.group(1) if value else "on")
        else:
            data[name.group(1)] = unescape(value.group(1)) if value else ""
    for name, inner in re.findall(
        r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL
    ):
        chosen = re.search(r'<option value="([^"]*)"[^>]*selected', inner)
        first = re.search(r'<option value="([^"]*)"', inner)
        data[name] = (chosen or first).group(1)
    for name, inner in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', html, re.DOTALL
    ):
        data[name] = unescape(inner.strip())
    return data


def without_zeros(stored):
    """``1.00`` and ``1`` are the same money."""
    return json.loads(
        re.sub(r'(\d)\.0+"', r'\1"', json.dumps(stored)).replace("[true]", '["true"]')
    )


def without_defaults(rule):
    """Return a rule without what it says though it would hold anyway."""
    defaults = {
        "delivery": True,
        "tax": False,
        "tier_multiplier": False,
        "stop": False,
        "to": "pool",
    }
    kept = {name: value for name, value in rule.items() if defaults.get(name) != value}
    if "pending" in kept and kept["pending"].get("until") == "purchases":
        kept["pending"] = {**kept["pending"], "resets": "year"}
    if kept["effect"]["kind"] == "per_quantity":
        kept["effect"] = {"per": "1", **kept["effect"]}
    return kept


def as_sent(form):
    """Return what a browser sends of a form of several parts."""
    data = {}
    for part in vars(form).values():
        if isinstance(part, Form):
            data |= of_form(part)
        rows = part if isinstance(part, RowList) else getattr(part, "rows", None)
        if isinstance(rows, RowList):
            data[f"{rows.name}-total"] = str(rows.total)
            for row in rows.forms:
                data |= of_form(row)
        if isinstance(part, Conditions):
            data[f"{part.name}-mode"] = part.mode
    return to_query(data)


def of_form(part):
    data = {}
    for field in part:
        value = field.value()
        if isinstance(value, bool):
            data |= {field.html_name: "on"} if value else {}
        elif isinstance(value, list):
            data[field.html_name] = [str(each) for each in value]
        elif value is not None:
            data[field.html_name] = str(value)
    return data


def to_query(data):
    query = QueryDict(mutable=True)
    for name, value in data.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query
