"""Find a name or an address in everybody's texts, and put something in its place."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import F, IntegerField, JSONField, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast

from rewards.erasing.places import PLACES, Place
from rewards.erasing.subject import Subject

IN_ITS_PLACE = "[erased]"
WRITTEN_AT_ONCE = 500


def sweep(subject: Subject) -> dict[str, int]:
    """Redact what is found in the swept columns; return per table how many rows were touched."""
    counts: dict[str, int] = {}
    for place in PLACES:
        for column in place.swept:
            touched = _sweep_column(place.table, column, subject)
            counts[place.model] = counts.get(place.model, 0) + touched
    # Answers that are kept for a repeated request quote what was said then.
    answers = next(place for place in PLACES if place.model == "partners.RememberedAnswer")
    counts[answers.model] = _sweep_column(answers.table, "body", subject)
    return {model: count for model, count in counts.items() if count}


def sweep_single_words(subject: Subject) -> dict[str, int]:
    """
    Redact a name of a single word in the texts of the person's own companies.

    Only where nobody else of the company goes by it. Everywhere else it stays, and is counted as
    left, under the table's name with ``:left``: a person has to look who is meant.
    """
    counts: dict[str, int] = {}
    if not subject.single_words:
        return counts
    for place in PLACES:
        for column in place.swept:
            for pk, company_id, before in _find_single(place, column, subject):
                if subject.companies.get(company_id):
                    after = redact(before, subject, subject.single_pattern)
                    place.table._default_manager.filter(pk=pk).update(**{column: after})
                    counts[place.model] = counts.get(place.model, 0) + 1
                else:
                    left = f"{place.model}:left"
                    counts[left] = counts.get(left, 0) + 1
    return counts


def _find_single(place: Place, column: str, subject: Subject) -> list[tuple[int, Any, Any]]:
    """Return id, company and text of rows that have the word, as a word."""
    rows = find_candidates(place.table, column, subject.single_words)
    company = F(f"{place.company}_id") if place.company else Value(None, IntegerField())
    found = rows.annotate(company_of=company).values_list("pk", "company_of", column)
    return [
        row for row in found.iterator() if redact(row[2], subject, subject.single_pattern) != row[2]
    ]


def redact(value: Any, subject: Subject, pattern: re.Pattern[str] | None = None) -> Any:
    """Return a text, or the texts anywhere in a document, without the person's name or address."""
    pattern = pattern or subject.pattern
    if isinstance(value, str):
        return pattern.sub(IN_ITS_PLACE, value)
    if isinstance(value, list):
        return [redact(item, subject, pattern) for item in value]
    if isinstance(value, dict):
        return {
            redact(name, subject, pattern): redact(item, subject, pattern)
            for name, item in value.items()
        }
    return value


def find_candidates(table: type[Model], column: str, words: Iterable[str]) -> QuerySet[Any]:
    """Return rows whose column may hold one of the words, whatever the case."""
    rows = table._default_manager.all()
    name = column
    if isinstance(table._meta.get_field(column), JSONField):
        rows, name = rows.annotate(as_text=Cast(column, TextField())), "as_text"
    found = Q()
    for spelling in {each for word in words for each in _list_spellings(word)}:
        found |= Q(**{f"{name}__icontains": spelling})
    return rows.filter(found)


def _list_spellings(word: str) -> Iterator[str]:
    """SQLite knows upper case of Latin letters only, and keeps documents with letters escaped."""
    for cased in (word, word.lower(), word.upper(), word.title()):
        yield cased
        yield json.dumps(cased)[1:-1]


def _sweep_column(table: type[Model], column: str, subject: Subject) -> int:
    changed = []
    for row in find_candidates(table, column, subject.words).only("pk", column):
        before = getattr(row, column)
        after = redact(before, subject)
        if after != before:
            setattr(row, column, after)
            changed.append(row)
    table._default_manager.bulk_update(changed, [column], batch_size=WRITTEN_AT_ONCE)
    return len(changed)
