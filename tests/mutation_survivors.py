"""Changes of policy that change nothing, each with the reason: see ``tests.mutation``."""

_SHORT_CUT = "a short cut: the walk over several rules gives the same for one"
_SET_BEFORE_READ = "it is set before anybody reads it"
_THERE = "it is asked only where there was an order, so that they were counted"
_COUNTED_ON = "changes are only compared with one another"
_NO_VOLUME = "nothing and None are read alike: no other order counts for it"
_BESIDE_PER = "units are read beside a per alone, and then they are given"
_JUDGED_INSTEAD = "a short cut: where arithmetic is not asked, the order is judged again"
_NOTHING_LESS = "nothing that goes is nothing, too"
_NO_QUANTITY = "steps look at money alone"
_OF_SEVERAL = "a short cut: several are joined in a way that is right for one, too"

EQUIVALENT: dict[str, str] = {
    "evaluating.py: if len(judged) == 1:: 1 becomes 0": _SHORT_CUT,
    "evaluating.py: return _evaluation([_outcome(judged[0], giving, ())], giving): 0 becomes -1": (
        "the first of one is its last"
    ),
    "outcome.py: amount: int = 0: 0 becomes 1": _SET_BEFORE_READ,
    "outcome.py: amount: int = 0: 0 becomes -1": _SET_BEFORE_READ,
    "outcome.py: quantity_e4: int = 0: 0 becomes 1": _SET_BEFORE_READ,
    "outcome.py: quantity_e4: int = 0: 0 becomes -1": _SET_BEFORE_READ,
    'conditions/first_order.py: return situation.orders_before.get("lifetime", 0): 0 becomes 1': (
        _THERE
    ),
    'conditions/first_order.py: return situation.orders_before.get("lifetime", 0): 0 becomes -1': (
        _THERE
    ),
    'conditions/order_count.py: at_most = read_whole(row.get("at_most", COUNT_MAX), 0, COUNT_MAX, '
    'f"{path}.at_most"): 0 becomes -1': "below zero it is below at_least, and refused as that",
    "effects/stepped.py: units: int = 0: 0 becomes 1": _BESIDE_PER,
    "effects/stepped.py: units: int = 0: 0 becomes -1": _BESIDE_PER,
    "effects/stepped.py: for bracket, end_e4 in zip(self.brackets, ends, strict=True):: "
    "True becomes False": "both are equally long by construction",
    "usage.py: self._set(key, max(self.read(key) - amount, 0)): 0 becomes -1": (
        "less than nothing is nothing, too"
    ),
    "usage.py: self._changes = 0: 0 becomes 1": _COUNTED_ON,
    "usage.py: self._changes = 0: 0 becomes -1": _COUNTED_ON,
    "ending.py: decimals = waiting[0][0].version.definition.settings.unit_decimals: "
    "0 becomes -1": "all versions of a programme have the decimals of its unit",
    "ending.py: for (due, _each), outcome in zip(waiting, outcomes, strict=True):: "
    "True becomes False": "both are equally long by construction",
    'facts.py: RANKS = {"return": 1, "cancellation": 2}: 2 becomes 3': (
        "ranks are only compared with one another"
    ),
    "judging.py: return []: returns None": _NO_VOLUME,
    "judging.py: if len(volumes) == 1:: 1 becomes 0": (
        "a short cut: the orders of several volumes are found for one, too"
    ),
    "taking_back.py: return {}: returns None": _NO_VOLUME,
    "taking_back.py: return False: returns None": "nobody asks whether it is False or None",
    "taking_back.py: if amount_e4 and self.effect.is_moved(self.stood_e4, now_e4, amount_e4):: "
    "And becomes Or": "a short cut: what is not moved is worked out to be the same",
    "taking_back.py: if rule is None or not isinstance(rule.effect, EachFull | Stepped):: "
    "Or becomes And": "only rules that are there, with these two effects, count volumes",
    "bills.py: first = alike[0]: 0 becomes -1": "they are of the same invoice, and know the same of it",
    "volumes.py: if len(less) == 1:: 1 becomes 0": _OF_SEVERAL,
    "volumes.py: if len(found) < 2:: 2 becomes 1": _OF_SEVERAL,
    "taking_back.py: if min(less.values()) < 0:: min becomes max": (
        "it is asked for the sake of orders that count for one volume alone"
    ),
    "taking_back.py: if min(less.values()) < 0:: 0 becomes -1": (
        "what is counted again is more than the smallest amount there is"
    ),
    "taking_back.py: if min(less.values()) < 0:: 0 becomes 1": _JUDGED_INSTEAD,
    "taking_back.py: if min(less.values()) < 0:: Lt becomes LtE": _JUDGED_INSTEAD,
    "taking_back.py: return {key: amount for key, amount in less.items() if amount > 0}: "
    "0 becomes -1": _NOTHING_LESS,
    "taking_back.py: return {key: amount for key, amount in less.items() if amount > 0}: "
    "Gt becomes GtE": _NOTHING_LESS,
    "taking_back.py: return False: False becomes True": (
        "where a return came back of an order itself, it is judged right after, on its own account"
    ),
    "taking_back.py: if less > 0:: 0 becomes -1": _NOTHING_LESS,
    "taking_back.py: if less > 0:: Gt becomes GtE": _NOTHING_LESS,
    "usage.py: self._changes += 1: 1 becomes 2": _COUNTED_ON,
    "effects/stepped.py: return any(least_e4 < max(each.from_e4, 1) <= most_e4 for each in "
    "self.brackets): Lt becomes LtE": "it is worked out again, and gives the same",
    "effects/stepped.py: return any(least_e4 < max(each.from_e4, 1) <= most_e4 for each in "
    "self.brackets): 1 becomes 2": "what came back and what is left are two of the smallest parts",
    "effects/stepped.py: return _sum(self._parts(Counted(amount_e4, 0, "
    "volume_before_e4=before_e4))): 0 becomes 1": _NO_QUANTITY,
    "effects/stepped.py: return _sum(self._parts(Counted(amount_e4, 0, "
    "volume_before_e4=before_e4))): 0 becomes -1": _NO_QUANTITY,
}
