"""The share page works in steps that are buttons; only the last one moves points."""

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from rewards.models import Share
from rewards.sharing import PartDraft, share
from tests.rewards.cast import NOON, balance, earn, join, make_partner, offer, owe, take
from tests.rewards.portal import open_shop_today, sign_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

SHARE = reverse("rewards:share")
SHARES = reverse("rewards:shares")


def receipt_of(made):
    return reverse("rewards:share-receipt", args=[made.public_id])


def share_form(shop, parts, **given):
    """What a browser posts: ``parts`` maps members to what was typed for them."""
    data = {
        "request_id": str(uuid.uuid4()),
        "method": "by_hand",
        "amount": str(sum(int(part) for part in parts.values())),
        "reason": "Early Christmas orders",
        "step": "confirm",
    }
    for member, part in parts.items():
        key = member.public_id.hex
        data |= {f"include_{key}": "on", f"part_{key}": str(part), f"weight_{key}": "1"}
    return data | given


def give(shop, parts, *, at=None):
    return share(
        head_buyer=shop.alice,
        programme=shop.programme,
        amount=sum(parts.values()),
        method="by_hand",
        parts=[PartDraft(member_id=member.pk, amount=part) for member, part in parts.items()],
        reason="Early Christmas orders",
        request_id=uuid.uuid4(),
        shared_at=at or timezone.now(),
    )


class TestSharePage:
    def test_begins_with_a_quarter_of_the_pool_split_equally(self):
        shop = open_shop_today(points=500)

        page = sign_in(shop.alice).get(SHARE)

        form = page.context["form"]
        assert (form.to_share, form.given, form.missing) == (125, [63, 62], 0)
        assert "125 shared out, exact" in words(page)

    def test_offers_active_buyers_only_and_the_head_buyer_last(self):
        shop = open_shop_today(points=500)
        join(shop.partner, "Gone", status="left", left_at=NOON)
        join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")

        page = sign_in(shop.alice).get(SHARE)

        assert [row.member.person.name for row in page.context["rows"]] == ["Bob", "Alice"]

    def test_leaves_the_head_buyer_out_where_the_programme_says_so(self):
        shop = open_shop_today(points=500, share_to_self=False)

        page = sign_in(shop.alice).get(SHARE)

        assert [row.member for row in page.context["rows"]] == [shop.bob]

    @pytest.mark.parametrize(
        ("typed", "shares"),
        [
            ({"method": "equal", "amount": "101"}, [51, 50]),
            ({"method": "equal", "amount": "1,001"}, [501, 500]),
            ({"method": "equal", "amount": "1 001"}, [501, 500]),
            ({"method": "equal", "amount": "25 %"}, [250, 250]),
            ({"method": "weights", "amount": "100", "weight": "1.5"}, [60, 40]),
            ({"method": "weights", "amount": "100", "weight": "0,5"}, [33, 67]),
            ({"method": "by_hand", "amount": "100"}, [7, 8]),
        ],
    )
    def test_splits_again_what_was_typed(self, typed, shares):
        shop = open_shop_today(points=2000)
        weight = typed.pop("weight", "1")
        form = share_form(shop, {shop.bob: 7, shop.alice: 8}, step="split", **typed)
        form[f"weight_{shop.bob.public_id.hex}"] = weight

        page = sign_in(shop.alice).post(SHARE, form)

        assert page.context["form"].given == shares
        assert not Share.objects.exists()

    def test_takes_a_percentage_of_the_pool_by_its_button(self):
        shop = open_shop_today(points=501)
        form = share_form(shop, {shop.bob: 0, shop.alice: 0}, method="equal", percent="50")

        page = sign_in(shop.alice).post(SHARE, form)

        assert page.context["form"].given == [125, 125]

    def test_gives_nothing_to_who_is_not_ticked(self):
        shop = open_shop_today(points=500)
        form = share_form(shop, {shop.bob: 0}, method="equal", amount="100", step="split")

        page = sign_in(shop.alice).post(SHARE, form)

        assert page.context["form"].given == [100, 0]

    @pytest.mark.parametrize("typed", ["abc", "1e1", "-1", "0.0001", "12345"])
    def test_says_whose_weight_it_cannot_read(self, typed):
        shop = open_shop_today(points=500)
        form = share_form(shop, {shop.bob: 10}, method="weights", step="split")
        form[f"weight_{shop.bob.public_id.hex}"] = typed

        page = sign_in(shop.alice).post(SHARE, form)

        assert "Bob: Write a weight such as 1 or 0.5." in words(page)

    def test_splits_nothing_when_nobody_weighs_anything(self):
        shop = open_shop_today(points=500)
        form = share_form(shop, {shop.bob: 10}, method="weights", step="split")
        form[f"weight_{shop.bob.public_id.hex}"] = ""

        page = sign_in(shop.alice).post(SHARE, form)

        assert page.context["form"].given == [0, 0]
        assert "10 still to give" in words(page)

    @pytest.mark.parametrize("typed", ["abc", "-5", "1.5", "٣٠", "9" * 20, "1e3", "\x00"])
    def test_says_which_number_it_cannot_read(self, typed):
        shop = open_shop_today(points=500)
        form = share_form(shop, {shop.bob: 10}, amount=typed)

        page = sign_in(shop.alice).post(SHARE, form)

        assert page.status_code == 422
        assert "amount" in page.context["form"].errors
        assert not Share.objects.exists()

    @pytest.mark.parametrize(
        ("amount", "standing", "said"),
        [
            ("501", "beyond", "The pool holds less than that."),
            ("-5", "unread", "Write a number such as 3000."),
            ("", "empty", "Say how much to share."),
            ("500", "exact", "shared out, exact"),
        ],
    )
    def test_calls_a_sum_exact_only_where_it_can_be_shared(self, amount, standing, said):
        shop = open_shop_today(points=500)
        data = share_form(shop, {shop.bob: 1}, amount=amount, method="equal", step="split")

        page = sign_in(shop.alice).post(SHARE, data)

        shown = re.findall(r'<span data-when="(\w+)">', page.content.decode())
        assert page.context["form"].standing == standing
        assert shown == [standing]
        assert said in words(page)

    @pytest.mark.parametrize(
        ("amount", "said"),
        [
            ("130", "10 points are still to be given"),
            ("110", "10 points too many"),
            ("", "Say how much to share."),
            ("501", "The pool holds less than that."),
        ],
    )
    def test_does_not_go_on_while_the_sum_is_not_exact(self, amount, said):
        shop = open_shop_today(points=500)
        form = share_form(shop, {shop.bob: 100, shop.alice: 20}, amount=amount, step="review")

        page = sign_in(shop.alice).post(SHARE, form)

        assert page.status_code == 422
        assert said in words(page)
        assert balance(shop.pool) == 500

    def test_asks_for_a_reason(self):
        shop = open_shop_today(points=500)

        page = sign_in(shop.alice).post(
            SHARE, share_form(shop, {shop.bob: 100}, reason="  ", step="review")
        )

        assert "Give a reason." in words(page)

    def test_costs_a_fixed_number_of_queries(self, django_assert_num_queries):
        shop = open_shop_today(points=500)
        client = sign_in(shop.alice)
        client.get(SHARE)

        # session, person, memberships, frame: standing and versions; standing, versions,
        # accounts, what their lots leave, debt, members, lots
        for more in (0, 6):
            for number in range(more):
                join(shop.partner, f"Extra{number}")
                earn(shop.pool, 10)
            with django_assert_num_queries(12):
                client.get(SHARE)


class TestReview:
    def test_shows_each_what_they_will_read_in_their_language_and_moves_nothing(self):
        shop = open_shop_today()
        now = timezone.now()
        earn(shop.pool, 500, at=now, expires_at=now + timedelta(days=100))
        shop.bob.person.language = "pl"
        shop.bob.person.save()
        form = share_form(shop, {shop.bob: 100, shop.alice: 20}, step="review")
        form[f"note_{shop.bob.public_id.hex}"] = "For training two newcomers"

        page = sign_in(shop.alice).post(SHARE, form)

        body = page.content.decode()
        assert 'lang="pl"' in body
        assert "For training two newcomers" in words(page)
        assert "20 points of it go to yourself" in words(page)
        assert "Left after 380 points" in words(page)
        assert balance(shop.pool) == 500

    def test_carries_everything_to_the_confirm_button(self):
        shop = open_shop_today(points=500)
        form = share_form(shop, {shop.bob: 100, shop.alice: 20}, step="review")
        client = sign_in(shop.alice)

        page = client.post(SHARE, form).content.decode()
        carried = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        answer = client.post(SHARE, {**carried, "step": "confirm"})

        assert answer.url == receipt_of(Share.objects.get())
        assert (balance(shop.pool), balance(shop.wallet(shop.bob))) == (380, 100)


class TestConfirm:
    def test_shares_and_leads_to_the_receipt(self):
        shop = open_shop_today(points=500)

        answer = sign_in(shop.alice).post(SHARE, share_form(shop, {shop.bob: 100}))

        made = Share.objects.get()
        assert answer.url == receipt_of(made)
        assert (made.amount, balance(shop.wallet(shop.bob))) == (100, 100)

    def test_pressed_twice_shares_once(self):
        shop = open_shop_today(points=500)
        client, form = sign_in(shop.alice), share_form(shop, {shop.bob: 100})

        answers = {client.post(SHARE, form).url for _ in range(3)}

        assert answers == {receipt_of(Share.objects.get())}
        assert balance(shop.pool) == 400

    def test_refuses_a_form_that_already_shared_another_amount(self):
        shop = open_shop_today(points=500)
        client, form = sign_in(shop.alice), share_form(shop, {shop.bob: 100})
        client.post(SHARE, form)

        page = client.post(
            SHARE, share_form(shop, {shop.bob: 50}, request_id=form["request_id"]), follow=True
        )

        assert "This page had been used before. Nothing was shared now." in words(page)
        assert balance(shop.pool) == 400

    @pytest.mark.parametrize(
        "tampered", [{"request_id": ""}, {"request_id": "x"}, {"method": "by_magic"}]
    )
    def test_refuses_a_form_that_is_not_ours(self, tampered):
        shop = open_shop_today(points=500)

        page = sign_in(shop.alice).post(
            SHARE, share_form(shop, {shop.bob: 50}, **tampered), follow=True
        )

        assert "This page was not complete. Nothing was shared." in words(page)
        assert balance(shop.pool) == 500

    def test_refuses_when_the_pool_was_spent_meanwhile(self):
        shop = open_shop_today(points=500)
        form = share_form(shop, {shop.bob: 450})
        give(shop, {shop.alice: 100})

        page = sign_in(shop.alice).post(SHARE, form)

        assert page.status_code == 422
        assert "The pool holds less than that." in words(page)
        assert balance(shop.wallet(shop.bob)) == 0

    def test_moves_no_part_to_another_when_somebody_left_meanwhile(self):
        shop = open_shop_today(points=500)
        ivy = join(shop.partner, "Ivy")
        form = share_form(shop, {shop.bob: 50, ivy: 100, shop.alice: 10})
        ivy.status, ivy.left_at = "left", timezone.now()
        ivy.save()

        page = sign_in(shop.alice).post(SHARE, form)

        assert page.status_code == 422
        assert "100 points are still to be given" in words(page)
        assert balance(shop.pool) == 500

    def test_cannot_name_somebody_of_another_partner(self):
        shop = open_shop_today(points=500)
        charlie = join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")

        page = sign_in(shop.alice).post(SHARE, share_form(shop, {charlie: 100}))

        assert page.status_code == 422
        assert balance(shop.pool) == 500

    @pytest.mark.parametrize("who", ["bob", "vera"])
    def test_is_for_the_head_buyer_alone(self, who):
        shop = open_shop_today(points=500)
        client = sign_in(getattr(shop, who))

        answers = client.get(SHARE), client.post(SHARE, share_form(shop, {shop.bob: 100}))

        assert [answer.status_code for answer in answers] == [403, 403]
        assert "not open to your role" in words(answers[1])
        assert balance(shop.pool) == 500

    def test_says_that_points_are_owed(self):
        shop = open_shop_today()
        owe(shop, 40)

        page = sign_in(shop.alice).get(SHARE)

        assert "40 points are still owed" in words(page)
        assert "The pool is empty" in words(page)


class TestReceipt:
    def test_shows_the_head_buyer_every_part_and_the_way_back(self):
        shop = open_shop_today(points=500)
        made = give(shop, {shop.bob: 100, shop.alice: 20})

        said = words(sign_in(shop.alice).get(receipt_of(made)))

        assert "Bob 100" in said
        assert "Alice shared it, and got a part 20" in said
        assert "Take back 120 points" in said

    def test_shows_a_buyer_their_own_part_only(self):
        shop = open_shop_today(points=500)
        made = give(shop, {shop.bob: 100, shop.alice: 20})

        page = sign_in(shop.bob).get(receipt_of(made))

        assert [part.member for part in page.context["parts"]] == [shop.bob]
        assert "Take back" not in words(page)

    def test_is_not_there_for_a_buyer_who_got_nothing_or_for_another_partner(self):
        shop = open_shop_today(points=500)
        made = give(shop, {shop.alice: 20})
        charlie = join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")
        missing = reverse("rewards:share-receipt", args=[uuid.uuid4()])

        for outsider in (shop.bob, charlie):
            client = sign_in(outsider)
            other, nothing = client.get(receipt_of(made)), client.get(missing)
            assert (other.status_code, nothing.status_code) == (404, 404)
            assert words(other) == words(nothing)

    def test_takes_back_what_is_unspent_and_says_what_is_not(self):
        shop = open_shop_today(points=500)
        made = give(shop, {shop.bob: 150, shop.alice: 20}, at=timezone.now() - timedelta(days=1))
        reward = offer(shop.programme, price=120, audience="person")
        take(shop.bob, shop.wallet(shop.bob), reward, redeemed_at=timezone.now())
        client = sign_in(shop.alice)

        page = client.post(receipt_of(made) + "undo/", follow=True)
        again = client.post(receipt_of(made) + "undo/", follow=True)

        assert "What was unspent is back in the pool." in words(page)
        assert "What came back 50 points" in words(again)
        assert balance(shop.pool) == 380

    def test_takes_everything_back_while_nothing_is_spent(self):
        shop = open_shop_today(points=500)
        made = give(shop, {shop.bob: 100})

        page = sign_in(shop.alice).post(receipt_of(made) + "undo/", follow=True)

        assert "All of it is back in the pool." in words(page)
        assert balance(shop.pool) == 500

    def test_has_nothing_to_take_back_when_all_is_spent(self):
        shop = open_shop_today(points=500)
        made = give(shop, {shop.bob: 120}, at=timezone.now() - timedelta(days=1))
        reward = offer(shop.programme, price=120, audience="person")
        take(shop.bob, shop.wallet(shop.bob), reward, redeemed_at=timezone.now())

        page = sign_in(shop.alice).post(receipt_of(made) + "undo/", follow=True)

        assert "All of it has been spent, so nothing could come back." in words(page)
        assert balance(shop.pool) == 380

    def test_is_not_taken_back_when_the_time_is_over(self):
        shop = open_shop_today(points=500)
        made = give(shop, {shop.bob: 100}, at=timezone.now() - timedelta(days=14))

        page = sign_in(shop.alice).post(receipt_of(made) + "undo/", follow=True)

        assert "The time to take it back is over." in words(page)
        assert balance(shop.wallet(shop.bob)) == 100

    @pytest.mark.parametrize(("who", "status"), [("bob", 403), ("vera", 403), ("charlie", 404)])
    def test_is_taken_back_by_nobody_else(self, who, status):
        shop = open_shop_today(points=500)
        charlie = join(make_partner(shop.programme, "99999"), "Charlie", "head_buyer")
        made = give(shop, {shop.bob: 100})
        client = sign_in(charlie if who == "charlie" else getattr(shop, who))

        assert client.post(receipt_of(made) + "undo/").status_code == status
        assert balance(shop.wallet(shop.bob)) == 100


class TestEarlierShares:
    def test_show_a_buyer_only_those_they_were_in_with_their_own_part(self):
        shop = open_shop_today(points=500)
        give(shop, {shop.alice: 20})
        theirs = give(shop, {shop.bob: 100, shop.alice: 20})

        page = sign_in(shop.bob).get(SHARES)

        assert page.context["rows"] == [(theirs, 100)]

    def test_cost_the_same_queries_for_one_and_for_eight(self, django_assert_num_queries):
        shop = open_shop_today(points=500)
        client = sign_in(shop.alice)

        # session, person, memberships, frame: standing and versions; count, shares, own parts
        for more in (1, 7):
            for _ in range(more):
                give(shop, {shop.bob: 10})
            client.get(SHARES)
            with django_assert_num_queries(8):
                client.get(SHARES)
