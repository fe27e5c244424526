"""What is kept of orders when something comes back, or is called off, to the ten-thousandth."""

from rewards.earning.exact import Exact
from rewards.earning.facts import LineFacts
from rewards.earning.matching import WHOLE, OrderKept, Purchases, lines_of
from tests.rewards.earning.facts import activity, order, returned

POUND = 10_000


def bought(*lines, number="A1", day=2, **fields):
    purchases = Purchases()
    return purchases, purchases.add(order(number, day=day, lines=lines, **fields))


def back(sku, quantity, value, *, purchases, named=None):
    """Take back one line; return what it was matched with, the orders, and what is left."""
    [line] = lines_of(returned("R1", day=9, lines=[(sku, quantity, value)]))
    matches, orders, left_e4 = purchases.take_back(line, named=named)
    parts = [
        (match.order_line.sku, match.quantity_e4 / POUND, match.amount_e4 / POUND)
        for match in matches
    ]
    assert all(match.return_line is line for match in matches)
    return parts, [each.order.external_id for each in orders], left_e4 / POUND


def kept(order_kept):
    return [(each.quantity_e4 / POUND, each.amount_e4 / POUND) for each in order_kept.lines]


class TestAReturnedLine:
    def test_takes_pieces_at_its_own_price_and_no_more_than_they_cost(self):
        purchases, first = bought(("mug", 3, "30"))

        assert back("mug", 1, "8", purchases=purchases) == ([("mug", 1, 8)], ["A1"], 0)
        assert kept(first) == [(2, 22)]
        assert first.amount_e4 == 22 * POUND
        # Dearer than it was: all its value is taken, and 3 are nobody's.
        assert back("mug", 2, "25", purchases=purchases) == ([("mug", 2, 22)], ["A1"], 3)
        assert kept(first) == [(0, 0)]

    def test_of_no_value_takes_no_pieces(self):
        purchases, first = bought(("mug", 3, "30"))

        assert back("mug", 1, "0", purchases=purchases) == ([], [], 0)
        assert kept(first) == [(3, 30)]

    def test_passes_over_lines_of_which_no_piece_is_left(self):
        purchases, _first = bought(("mug", 1, "10"), ("mug", 1, "10"))
        back("mug", 1, "4", purchases=purchases)

        assert back("mug", 1, "10", purchases=purchases) == ([("mug", 1, 10)], ["A1"], 0)

    def test_takes_the_last_line_of_the_newest_order_first(self):
        purchases, first = bought(("mug", 1, "10"), ("mug", 2, "30"))
        second = purchases.add(order("A2", day=3, lines=[("mug", 1, "9")]))

        found = back("mug", 3, "27", purchases=purchases)

        assert found == ([("mug", 1, 9), ("mug", 2, 18)], ["A2", "A1"], 0)
        assert (kept(first), kept(second)) == ([(1, 10), (0, 12)], [(0, 0)])

    def test_loses_nothing_by_rounding_between_lines(self):
        purchases, _first = bought(("mug", 1, "9"), ("mug", 2, "9"))

        parts, _orders, left = back("mug", 3, "10", purchases=purchases)

        assert parts == [("mug", 2, 6.6666), ("mug", 1, 3.3334)]
        assert left == 0

    def test_of_more_pieces_than_there_are_takes_the_rest_by_value(self):
        """Two pieces at 5 of the one mug, then the other 5 of what else was bought, last first."""
        purchases, first = bought(("jug", 1, "3"), ("mug", 1, "8"), ("pin", 1, "1"))

        found = back("mug", 2, "10", purchases=purchases)

        # The mug is matched once, with what was taken of it in both ways.
        assert found == ([("mug", 1, 8), ("pin", 0, 1), ("jug", 0, 1)], ["A1"], 0)
        assert kept(first) == [(1, 2), (0, 0), (1, 0)]

    def test_by_value_goes_to_the_newest_order_that_has_value_left(self):
        purchases, first = bought(("mug", 1, "10"))
        second = purchases.add(order("A2", day=3, lines=[("jug", 1, "4"), ("pin", 1, "2")]))

        assert back("other", 1, "7", purchases=purchases) == (
            [("pin", 0, 2), ("jug", 0, 4), ("mug", 0, 1)],
            ["A2", "A1"],
            0,
        )
        assert (first.amount_e4, second.amount_e4) == (9 * POUND, 0)
        # What has no value left any more is passed over.
        assert back("other", 1, "11", purchases=purchases) == ([("mug", 0, 9)], ["A1"], 2)
        assert back("other", 1, "1", purchases=purchases) == ([], [], 1)

    def test_that_names_an_order_takes_all_of_that_before_any_other(self):
        purchases, first = bought(("mug", 1, "10"), ("jug", 1, "5"))
        purchases.add(order("A2", day=3, lines=[("mug", 2, "20")]))

        found = back("mug", 2, "20", purchases=purchases, named=first)

        assert found == ([("mug", 1, 10), ("jug", 0, 5), ("mug", 1, 5)], ["A1", "A2"], 0)

    def test_without_a_quantity_takes_value_only(self):
        purchases, first = bought(("mug", 1, "10"))

        assert back("mug", 0, "4", purchases=purchases) == ([("mug", 0, 4)], ["A1"], 0)
        assert kept(first) == [(1, 6)]
        # The piece that is left is worth what is left of it.
        assert back("mug", 1, "10", purchases=purchases) == ([("mug", 1, 6)], ["A1"], 4)


class TestLines:
    def test_of_a_fact_without_lines_are_its_amount_if_it_has_any(self):
        told = activity("return", "R1", day=2)
        assert lines_of(told) == []

        told.amount_e4 = 5 * POUND

        assert lines_of(told) == [LineFacts(None, "", "", 0, 5 * POUND)]

    def test_of_an_order_that_has_none_are_its_amount_too(self):
        told = order("A1", day=2)
        told.amount_e4 = 5 * POUND
        purchases = Purchases()
        first = purchases.add(told)

        assert kept(first) == [(0, 5)]
        assert back("mug", 1, "2", purchases=purchases) == ([("", 0, 2)], ["A1"], 0)

    def test_of_an_order_that_is_known_are_found_by_it(self):
        purchases, first = bought(("mug", 1, "10"))

        assert purchases.kept_of(first.order) is first
        assert purchases.kept_of(order("A1", day=2)) is None
        assert purchases.kept_of(None) is None


class TestCallingOff:
    def test_takes_its_part_of_each_line_and_the_parts_add_up(self):
        purchases, first = bought(("mug", 3, "1.0001"), ("jug", 1, "1.0001"), ("pin", 1, "1"))

        called_off_e4 = purchases.call_off(first, Exact(1, 3))

        assert called_off_e4 == 10_000
        assert [each.amount_e4 for each in first.lines] == [10_001 - 3333, 10_001 - 3334, 6_667]
        assert sum(each.amount_e4 for each in first.lines) == first.amount_e4 == 20_002
        assert [each.quantity_e4 for each in first.lines] == [20_000, 6_667, 6_667]
        assert first.stands == Exact(20_002, 30_002)

    def test_of_what_is_left_and_of_no_order_that_has_nothing_left(self):
        purchases, first = bought(("mug", 1, "10"))

        assert purchases.call_off(first, Exact(1, 2)) == 5 * POUND
        assert purchases.call_off(first, Exact(1, 2)) == Exact(5, 2) * POUND
        assert purchases.call_off(first, WHOLE) == Exact(5, 2) * POUND
        assert (first.stands, first.is_called_off) == (0, True)
        assert purchases.call_off(first, WHOLE) == 0

    def test_of_one_that_came_back_or_was_worth_nothing_changes_only_what_stands(self):
        purchases, first = bought(("mug", 1, "10"))
        free = purchases.add(order("A2", day=2))
        back("mug", 1, "10", purchases=purchases)
        for each in (first, free):
            assert purchases.call_off(each, Exact(1, 4)) == 0
            assert (each.stands, each.is_called_off) == (Exact(3, 4), False)
            assert purchases.call_off(each, WHOLE) == 0
            assert each.is_called_off


class TestWhatIsOwed:
    def test_is_less_what_came_back_but_not_what_was_called_off_of_others(self):
        purchases, first = bought(("mug", 1, "99"))
        assert first.part_owed(33) == 33

        back("mug", 0, "33", purchases=purchases)
        assert first.part_owed(100) == 66
        purchases.call_off(first, Exact(1, 3))
        assert first.part_owed(100) == 66
        purchases.call_off(first, WHOLE)
        assert first.part_owed(100) == 0

    def test_of_an_order_worth_nothing_is_all_until_it_is_called_off(self):
        purchases = Purchases()
        free = purchases.add(order("A1", day=2))
        assert free.part_owed(7) == 7

        purchases.call_off(free, WHOLE)

        assert free.part_owed(7) == 0


class TestWhatIsKept:
    def test_is_judged_as_if_only_that_had_been_ordered(self):
        said = {"tax": "1.0001", "paid_with_points": "6", "delivery": "3", "channel": "web"}
        purchases, first = bought(("mug", 2, "20"), ("jug", 1, "10"), attributes=said)
        first.order.quantity_e4 = 3 * POUND
        back("jug", 1, "10", purchases=purchases)

        facts = first.facts()

        assert (facts.amount_e4, facts.quantity_e4) == (20 * POUND, 2 * POUND)
        assert [(line.sku, line.quantity_e4, line.amount_e4) for line in facts.lines] == [
            ("mug", 2 * POUND, 20 * POUND)
        ]
        assert facts.lines[0].id == first.order.lines[0].id
        assert facts.attributes == {
            "tax": "0.6667",
            "paid_with_points": "4",
            "delivery": "3",
            "channel": "web",
        }
        assert first.order.amount_e4 == 30 * POUND

    def test_has_no_lines_where_the_order_had_none(self):
        told = order("A1", day=2)
        told.amount_e4 = told.quantity_e4 = 5 * POUND
        first = Purchases().add(told)

        assert (first.facts().lines, first.facts().quantity_e4) == ([], 5 * POUND)

    def test_is_no_part_of_an_order_worth_nothing(self):
        assert OrderKept(order("A1", day=2), 0).part_of(5) == 0
