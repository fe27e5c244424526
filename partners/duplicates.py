"""Partners that look like one company: the same tax id, or the same name in other letters."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from partners.models import Actor, Partner

# What a company is in law says nothing about which one it is.
LEGAL_FORMS = frozenset(
    (
        "ltd",
        "limited",
        "llc",
        "llp",
        "plc",
        "inc",
        "corp",
        "co",
        "company",
        "gmbh",
        "ag",
        "kg",
        "ohg",
        "ug",
        "sa",
        "sas",
        "sarl",
        "srl",
        "spa",
        "bv",
        "nv",
        "sp",
        "z",
        "oo",
        "spolka",
        "społka",
        "oy",
        "ab",
        "as",
        "aps",
        "kft",
        "sro",
        "тов",
        "пп",
        "фоп",
        "ооо",
        "зао",
        "оао",
        "ао",
        "ип",
        "ат",
        "прат",
    )
)
NOT_LETTERS = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class Alike:
    """Partners that may be one company, the oldest first, and what they share."""

    partners: tuple[Partner, ...]
    shares: str
    value: str


def normalise_name(name: str) -> str:
    """Return what is left of a name without case, accents, signs and its legal form."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    words = NOT_LETTERS.sub(" ", letters.replace(".", "")).split()
    telling = [word for word in words if word not in LEGAL_FORMS]
    return " ".join(telling or words)


def normalise_tax_id(tax_id: str) -> str:
    return NOT_LETTERS.sub("", tax_id).upper()


def find_alike(*, actor: Actor, groups_max: int = 100) -> Sequence[Alike]:
    """
    Return groups of partners that look alike, those of one tax id first. Two queries.

    A pair that shares both is one group.
    """
    rows = Partner.objects.for_actor(actor).companies().order_by("pk")
    by_tax: dict[str, list[int]] = defaultdict(list)
    by_name: dict[str, list[int]] = defaultdict(list)
    for pk, name, tax_id in rows.values_list("pk", "legal_name", "tax_id").iterator():
        if key := normalise_tax_id(tax_id):
            by_tax[key].append(pk)
        by_name[normalise_name(name)].append(pk)
    found: dict[tuple[int, ...], tuple[str, str]] = {}
    for shares, groups in (("tax_id", by_tax), ("name", by_name)):
        for value, ids in sorted(groups.items()):
            if len(ids) > 1:
                found.setdefault(tuple(ids), (shares, value))
    chosen = list(found.items())[:groups_max]
    partners = Partner.objects.in_bulk({pk for ids, _why in chosen for pk in ids})
    return [
        Alike(tuple(partners[pk] for pk in ids), shares, value) for ids, (shares, value) in chosen
    ]
