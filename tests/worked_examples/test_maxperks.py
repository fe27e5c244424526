"""The presets ``maxperks``: money back in steps of 500, and a credit for every old cartridge."""

import pytest

from tests.factories import PartnerFactory
from tests.worked_examples.customer import Customer, enrol
from tests.worked_examples.pages import page_of

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

CARTRIDGES = {"material": "toner cartridges"}
LATER = "2026-03-20"


def test_money_comes_back_a_month_later():
    """
    25.00 for every full 500.00 of a month. In March a school spends 300.00 and 250.00: the second
    order makes 500 full and earns 25.00, which wait until the end of April. The 50.00 above are
    nothing; April begins with none.

    Two dozen cartridges are given back on 9 March: 12 and 12 dollars, there at once.

    In April 1,200.00 are spent: two full 500, 50.00, which wait until the end of May.
    """
    school = enrol("maxperks")

    school.orders("Order 1", "300.00", on="2026-03-03")
    school.reports("recycling", "Box 1", quantity="12", on="2026-03-09", **CARTRIDGES)
    school.orders("Order 2", "250.00", on="2026-03-20")
    school.reports("recycling", "Box 2", quantity="12", on="2026-04-01", **CARTRIDGES)
    school.orders("Order 3", "1200.00", on="2026-04-05")
    school.night_after("2026-04-29")
    assert school.holds() == {"pending": "75.00", "pool": "24.00"}

    school.night_after("2026-04-30")
    assert school.holds() == {"pending": "50.00", "pool": "49.00"}
    school.night_after("2026-05-31")

    assert school.journal() == page_of("maxperks").lines(
        "issued > pool 12.00",
        "issued > pending 25.00",
        "issued > pool 12.00",
        "issued > pending 50.00",
        "pending > pool 25.00",
        "pending > pool 50.00",
    )
    assert school.books() == {"issued": "99.00", "pool": "99.00"}


def test_what_does_not_qualify():
    """
    Of an order of 560.00, 40.00 are delivery and 30.00 a gift card: 490.00 count, and no full 500.
    Waste paper is no cartridge. With 10.00 more the 500 are full.
    """
    school = enrol("maxperks")

    school.orders(
        "Order 1",
        {
            "toner": ("4", "490.00"),
            "card": ("1", "30.00", "gift-cards"),
            "carriage": ("1", "40.00"),
        },
        on="2026-03-03",
        delivery="40.00",
    )
    school.reports("recycling", "Box 1", quantity="30", on="2026-03-09", material="paper")
    assert school.holds() == {}

    school.orders("Order 2", "10.00", on="2026-03-31")
    assert school.holds() == {"pending": "25.00"}


def test_a_return_before_the_money_is_there():
    """
    300.00 and 250.00 earned 25.00 that wait. 100.00 of the second order come back: what is left,
    450.00, has no full 500. The 25.00 are taken from what waits, and nothing comes in April.
    """
    school = enrol("maxperks")
    school.orders("Order 1", "300.00", on="2026-03-03")
    school.orders("Order 2", "250.00", on="2026-03-20")

    school.returns("Return 1", "100.00", on="2026-04-10", of="Order 2")
    school.night_after("2026-04-30")

    assert school.journal() == ["issued > pending 25.00", "pending > taken back 25.00"]


class TestRulesOf2010:
    def test_twenty_cartridges_and_fifty_dollars(self):
        """
        Twenty cartridges at three dollars are 60.00. Purchases of the month are 50.00, so sixteen
        steps of three are issued: 48.00; 12.00 wait. The unused 2.00 are not carried over.

        In the next month 7.00 are bought: two steps, 6.00 more. 6.00 still wait.
        """
        school = enrol("maxperks-2010")

        school.reports("recycling", "Box 1", quantity="20", on="2010-02-08", **CARTRIDGES)
        assert school.holds() == {"pending": "60.00"}
        school.orders("Order 1", "50.00", on="2010-02-15")
        school.night_after("2010-02-28")
        assert school.holds() == {"pending": "12.00", "pool": "48.00"}

        school.orders("Order 2", "7.00", on="2010-03-04")
        school.night_after("2010-03-31")
        assert school.holds() == {"pending": "6.00", "pool": "54.00"}

    def test_what_waits_on_the_first_of_january_is_lost(self):
        """
        Of 60.00 only 48.00 could be set against purchases. The night of 31 December takes the
        12.00 that wait; what was issued stays. Purchases of January bring nothing back.
        """
        school = enrol("maxperks-2010")
        school.reports("recycling", "Box 1", quantity="20", on="2010-11-08", **CARTRIDGES)
        school.orders("Order 1", "50.00", on="2010-11-15")
        school.night_after("2010-12-30")
        assert school.holds() == {"pending": "12.00", "pool": "48.00"}

        school.night_after("2010-12-31")
        school.orders("Order 2", "90.00", on="2011-01-10")
        school.night_after("2011-01-31")

        assert school.holds() == {"pool": "48.00"}
        assert school.journal() == page_of("maxperks-2010").lines(
            "issued > pending 60.00",
            "pending > pool 48.00",
            "pending > taken back 12.00",
        )

    def test_at_most_twenty_a_month(self):
        """
        Fifteen cartridges and ten more in the same month: of the second box five count. The next
        month has twenty of its own.
        """
        school = enrol("maxperks-2010")
        school.orders("Order 1", "400.00", on="2010-03-01")
        for number, (quantity, on) in enumerate(
            [("15", "2010-03-02"), ("10", "2010-03-31"), ("25", "2010-04-01")], start=1
        ):
            school.reports("recycling", f"Box {number}", quantity=quantity, on=on, **CARTRIDGES)

        assert school.earned("Box 1") == {"cartridges": "45.00"}
        assert school.earned("Box 2") == {"cartridges": "15.00"}
        assert school.earned("Box 3") == {"cartridges": "60.00"}
        assert school.holds() == {"pending": "60.00", "pool": "60.00"}

    def test_the_order_of_arrival_changes_nothing(self):
        """The purchases are told first, or a month late: 48.00 are issued, 12.00 wait."""
        early, late = enrol("maxperks-2010"), enrol("maxperks-2010", code="late", number="12347")
        early.orders("Order 1", "50.00", on="2010-02-15")
        early.reports("recycling", "Box 1", quantity="20", on="2010-02-20", **CARTRIDGES)
        late.reports("recycling", "Box 2", quantity="20", on="2010-02-20", **CARTRIDGES)
        late.orders("Order 2", "50.00", on="2010-02-15", told="2010-03-20")

        assert early.holds() == late.holds() == {"pending": "12.00", "pool": "48.00"}


class TestWhatComesBackIsNotSpent:
    """A step of 500 is full by what was bought and kept, whichever order filled it."""

    def test_the_first_order_comes_back_before_the_second(self):
        """499.00 are bought and sent back; 1.00 is bought. One dollar fills no step."""
        school = enrol("maxperks")
        school.orders("Order 1", "499.00", on="2026-03-02")
        school.returns("Return 1", "499.00", on="2026-03-03", of="Order 1")

        school.orders("Order 2", "1.00", on="2026-03-04")

        assert school.holds() == {}

    def test_the_first_order_comes_back_after_the_second(self):
        """499.00 and 1.00 fill a step: 25.00. The first order comes back, and so do the 25.00."""
        school = enrol("maxperks")
        school.orders("Order 1", "499.00", on="2026-03-02")
        school.orders("Order 2", "1.00", on="2026-03-04")
        assert school.holds() == {"pending": "25.00"}

        school.returns("Return 1", "499.00", on="2026-03-05", of="Order 1")

        assert school.journal() == ["issued > pending 25.00", "pending > taken back 25.00"]

    @pytest.mark.parametrize(
        ("first", "then"), [("2", "3"), ("3", "2"), ("3", "4"), ("4", "3"), ("2", "4")]
    )
    def test_what_is_kept_still_fills_its_steps(self, first, then):
        """
        Three orders of 300.00: the second fills a step. One of them comes back: 600.00 are kept, a
        full 500 as before, and nothing is taken. With another one only 300.00 are left, and it is.
        """
        school = enrol("maxperks")
        for day in (2, 3, 4):
            school.orders(f"Order {day}", "300.00", on=f"2026-03-0{day}")

        school.returns("Return 1", "300.00", on="2026-03-10", of=f"Order {first}")
        assert school.journal() == ["issued > pending 25.00"]
        school.returns("Return 2", "300.00", on="2026-03-11", of=f"Order {then}")

        assert school.journal() == ["issued > pending 25.00", "pending > taken back 25.00"]

    def test_in_any_order_of_arrival(self):
        """
        Orders of 300.00, 300.00 and 500.00, of which 200.00 of the second come back: 900.00 are
        kept, one full 500. It waits as 25.00, whatever was told first.
        """
        programme = enrol("maxperks").programme
        tellings = {
            "A": lambda school, n: school.orders(f"A{n}", "300.00", on="2026-03-02", told=LATER),
            "B": lambda school, n: school.orders(f"B{n}", "300.00", on="2026-03-03", told=LATER),
            "C": lambda school, n: school.orders(f"C{n}", "500.00", on="2026-03-04", told=LATER),
            "R": lambda school, n: school.returns(
                f"R{n}", "200.00", on="2026-03-05", of=f"B{n}", told=LATER
            ),
        }
        ends = []
        for number, names in enumerate(("ABCR", "RCBA", "CRAB", "BRCA", "CABR", "RABC")):
            school = Customer(programme, PartnerFactory())
            for name in names:
                tellings[name](school, number)
            ends.append(school.holds())

        assert ends == [{"pending": "25.00"}] * 6
