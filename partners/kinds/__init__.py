"""Kinds of activities: what a report of each kind says, checked alike at every door."""

from partners.kinds.checking import Checked, Problem, check, validate
from partners.kinds.fields import Field, FieldType
from partners.kinds.kind import Ask, Kind
from partners.kinds.registry import KINDS, KindNotInUse, UnknownKind, all_kinds, find_kind

__all__ = [
    "KINDS",
    "Ask",
    "Checked",
    "Field",
    "FieldType",
    "Kind",
    "KindNotInUse",
    "Problem",
    "UnknownKind",
    "all_kinds",
    "check",
    "find_kind",
    "validate",
]
