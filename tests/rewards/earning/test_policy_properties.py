"""What holds for any rules, caps and histories."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from rewards.earning.situation import NOTHING_KNOWN
from rewards.earning.usage import Usage
from tests.rewards.earning.rules import (
    DAY,
    activity,
    definition,
    each_earns,
    judge,
    order,
    payment,
    rule,
)

PENCE = st.integers(1, 100_000)
PARTS = st.lists(PENCE, min_size=1, max_size=8)
LINEAR = [
    {"kind": "per_money", "units": 3, "per": "7"},
    {"kind": "percent", "percent": "2.5"},
    {"kind": "fixed", "units": 10},
]


def pounds(pence):
    return f"{pence / 100:.2f}"


@given(parts=PARTS, effect=st.sampled_from(LINEAR[:2]))
def test_splitting_an_order_gains_nothing_but_a_rounding_unit_a_part(parts, effect):
    rewarded = rule(effect=effect)
    whole = sum(each_earns(rewarded, [order(pounds(sum(parts)))]))
    split = sum(each_earns(rewarded, [order(pounds(part)) for part in parts]))

    assert whole - len(parts) < split <= whole


@given(parts=PARTS)
def test_splitting_quantities_gains_nothing_but_a_rounding_unit_a_part(parts):
    rewarded = rule(trigger="recycling", effect={"kind": "per_quantity", "units": 7, "per": "3"})
    found = [
        sum(each_earns(rewarded, [activity("recycling", quantity=pounds(each)) for each in split]))
        for split in ([sum(parts)], parts)
    ]

    assert found[0] - len(parts) < found[1] <= found[0]


@given(parts=PARTS)
def test_steps_that_get_full_give_the_same_for_one_order_and_for_many(parts):
    full = rule(effect={"kind": "each_full", "units": 25, "per": "500", "period": "year"})

    assert sum(each_earns(full, [order(pounds(part)) for part in parts])) == sum(
        each_earns(full, [order(pounds(sum(parts)))])
    )


@given(
    parts=PARTS,
    effect=st.sampled_from(LINEAR),
    rounding=st.sampled_from(["down", "half_up"]),
    round_to=st.sampled_from([1, 5]),
)
def test_parts_of_an_invoice_give_what_the_whole_gives(parts, effect, rounding, round_to):
    rewarded = definition(
        rule(trigger="payment", effect=effect), rounding=rounding, round_to=round_to
    )
    whole = pounds(sum(parts))
    found = []
    for split in (parts, [sum(parts)]):
        usage = Usage()
        paid = [payment(pounds(part), of=whole) for part in split]
        found.append(sum(sum(judge(rewarded, *each, usage).amounts.values()) for each in paid))

    assert found[0] == found[1]


@given(
    orders=st.lists(
        st.tuples(PENCE, st.integers(0, 40), st.sampled_from([None, 7, 8])), max_size=12
    ),
    units=st.integers(1, 900),
    times=st.integers(1, 5),
    group=st.booleans(),
)
def test_no_cap_is_ever_exceeded(orders, units, times, group):
    caps = [
        {"per": "partner", "period": "month", "units": units},
        {"per": "member", "period": "lifetime", "times": times},
    ]
    several = definition(
        *(
            rule(
                code,
                effect={"kind": "percent", "percent": percent},
                caps=caps,
                group="g" if group else "",
            )
            for code, percent in (("a", "10"), ("b", "20"))
        )
    )
    usage, by_month, by_member = Usage(), {}, {}
    for pence, days, member in orders:
        fact = order(pounds(pence), on=DAY + timedelta(days=days), member_id=member)
        for code, amount in judge(several, fact, NOTHING_KNOWN, usage).amounts.items():
            month, person = (code, fact.local_date.month), (code, member)
            by_month[month] = by_month.get(month, 0) + amount
            by_member[person] = by_member.get(person, 0) + 1

    assert all(given <= units for given in by_month.values())
    assert all(given <= times for given in by_member.values())


@given(pence=PENCE, units=st.integers(1, 50), group=st.booleans(), stop=st.booleans())
def test_every_rule_either_gives_or_says_why_not(pence, units, group, stop):
    several = definition(
        rule("a", group="g" if group else "", stop=stop),
        rule("b", effect={"kind": "fixed", "units": units}, group="g" if group else ""),
        rule("c", effect={"kind": "multiply", "percent": 150}),
        rule("d", when={"kind": "amount", "at_least": "500"}),
    )

    evaluation = judge(several, order(pounds(pence)))

    codes = [each.rule_code for each in (*evaluation.awards, *evaluation.passed_over)]
    assert sorted(codes) == ["a", "b", "c", "d"]
    for award in evaluation.awards:
        assert award.amount > 0
        assert award.explanation["total"] == award.amount
        assert str(award.explanation["steps"][-1]["result"]) == str(award.amount)
