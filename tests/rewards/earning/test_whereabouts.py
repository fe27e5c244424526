"""In which country a partner was: what was stated last, whatever it names."""

from datetime import date

from rewards.earning.whereabouts import Whereabouts
from tests.rewards.earning.rules import activity, order


def on(day: int) -> date:
    return date(2026, 3, day)


class TestWhereabouts:
    FACTS = (
        order(1, number="A2", on=on(2)),
        order(1, number="A4", on=on(4), country="GB"),
        order(1, number="A6", on=on(6)),
    )

    def test_is_what_was_stated_last_and_before_that_what_was_stated_first(self):
        where = Whereabouts(self.FACTS)
        assert [where.at(each) for each in self.FACTS] == ["GB", "GB", "GB"]

        told = order(1, number="A5", on=on(5), country="PL")
        where = Whereabouts([*self.FACTS, told])
        assert [where.at(each) for each in (*self.FACTS, told)] == ["GB", "GB", "PL", "PL"]

    def test_is_nowhere_without_a_word(self):
        assert Whereabouts([self.FACTS[0]]).at(self.FACTS[0]) == ""

    def test_facts_that_are_not_judged_say_the_same_as_if_they_were(self):
        training = activity("training", number="T1", on=on(5), country="PL")
        unread = Whereabouts(self.FACTS, [(training.own_place, "PL")])
        read = Whereabouts([*self.FACTS, training])

        assert [unread.at(each) for each in self.FACTS] == ["GB", "GB", "PL"]
        assert [read.at(each) for each in self.FACTS] == ["GB", "GB", "PL"]

    def test_what_names_a_later_fact_counts_from_its_own_time(self):
        """A payment that is dated before its invoice is judged after it, and states a country before."""
        invoice = activity("invoice", 1, number="I5", on=on(5))
        payment = activity("payment", 1, number="P3", on=on(3), country="PL", invoice=invoice)
        where = Whereabouts([*self.FACTS, invoice, payment])

        assert [where.at(each) for each in self.FACTS] == ["PL", "GB", "GB"]
        assert where.at(invoice) == "GB"
