"""Keys: shown once, kept as a hash, refused for one reason without telling which part was wrong."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from partners import keys, metering
from partners.doors.export import export_cell
from partners.keys import (
    InvalidKey,
    KeyExpired,
    KeyReplaced,
    KeyRevoked,
    NotReplaceable,
    Scope,
    UnknownScope,
)
from partners.models import Activity, ApiKey, ApiKeyDay
from tests.api.conftest import Poster, with_key
from tests.api.test_problems import make_order
from tests.rewards.cast import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


def make(**fields):
    return keys.create_key(
        **{"name": "ERP", "scopes": [Scope.PARTNERS_READ], "created_at": NOON, **fields}
    )


class TestKeys:
    def test_keep_only_a_hash_of_the_secret(self):
        made = make()

        secret = made.token.split("_", 2)[2]
        kept = ApiKey.objects.values_list().get(pk=made.key.pk)
        assert not any(secret in str(value) for value in kept)
        assert made.token.startswith(f"tsr_{made.key.prefix}_")
        assert keys.verify(token=made.token, at=NOON) == made.key

    def test_two_are_never_the_same(self):
        assert len({make().token for _ in range(20)}) == 20

    @pytest.mark.parametrize(
        "spoil",
        [
            pytest.param(
                lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"), id="secret"
            ),
            pytest.param(lambda token: token.replace("tsr_", "xyz_"), id="kind"),
            pytest.param(lambda token: "tsr_00000000_" + token[-43:], id="prefix"),
            pytest.param(lambda token: token + "\n", id="line end"),
            pytest.param(lambda token: token + "\x00", id="NUL"),
            pytest.param(lambda token: "", id="nothing"),
        ],
    )
    def test_refuse_a_changed_token_in_the_same_words(self, spoil):
        token = spoil(make().token)

        with pytest.raises(InvalidKey):
            keys.verify(token=token, at=NOON)

    def test_end_at_their_expiry(self):
        made = make(expires_at=NOON + timedelta(days=1))

        assert keys.verify(token=made.token, at=NOON + timedelta(hours=23))
        with pytest.raises(KeyExpired):
            keys.verify(token=made.token, at=NOON + timedelta(days=1))

    def test_end_when_revoked_and_stay_so(self):
        made = make()
        keys.revoke(key=made.key, at=NOON)
        keys.revoke(key=made.key, at=NOON + timedelta(days=9))

        made.key.refresh_from_db()
        assert made.key.revoked_at == NOON
        with pytest.raises(KeyRevoked):
            keys.verify(token=made.token, at=NOON)

    def test_note_their_use_once_a_minute(self, django_assert_num_queries):
        key = make().key
        keys.note_use(key=key, at=NOON)
        key.refresh_from_db()

        with django_assert_num_queries(0):
            keys.note_use(key=key, at=NOON + timedelta(seconds=59))
        keys.note_use(key=key, at=NOON + timedelta(seconds=60))

        key.refresh_from_db()
        assert key.last_used_at == NOON + timedelta(seconds=60)

    @pytest.mark.parametrize("scopes", [[], ["partners:eat"], ["partners:read", ""]])
    def test_need_scopes_that_exist(self, scopes):
        with pytest.raises(UnknownScope):
            make(scopes=scopes)


class TestRotation:
    def test_lets_both_go_on_until_the_grace_is_over(self):
        old = make(daily_units_max=100)

        new = keys.rotate(key=old.key, grace=timedelta(days=3), at=NOON)

        assert keys.verify(token=old.token, at=NOON + timedelta(days=3, seconds=-1))
        with pytest.raises(KeyReplaced):
            keys.verify(token=old.token, at=NOON + timedelta(days=3))
        found = keys.verify(token=new.token, at=NOON + timedelta(days=9))
        assert found.rotated_from == old.key
        assert (found.name, found.scopes, found.daily_units_max) == (
            "ERP",
            ["partners:read"],
            100,
        )

    def test_never_lengthens_a_life(self):
        ends_at = NOON + timedelta(days=1)
        old = make(expires_at=ends_at)

        keys.rotate(key=old.key, grace=timedelta(days=30), at=NOON)

        old.key.refresh_from_db()
        assert old.key.expires_at == ends_at

    def test_happens_once_and_to_no_key_that_ended(self):
        old, over = make(), make(expires_at=NOON)
        keys.rotate(key=old.key, grace=timedelta(0), at=NOON)

        for key in (old.key, over.key):
            with pytest.raises(NotReplaceable):
                keys.rotate(key=key, grace=timedelta(0), at=NOON)


class TestBudget:
    def test_is_counted_over_keys_that_replaced_one_another(self):
        old = make(daily_units_max=100).key
        metering.charge(key=old, units=60, at=NOON)
        new = keys.rotate(key=old, grace=timedelta(days=1), at=NOON).key

        with pytest.raises(metering.DailyBudgetSpent) as caught:
            metering.charge(key=new, units=41, at=NOON)
        metering.charge(key=new, units=40, at=NOON)

        assert (caught.value.spent, caught.value.needed) == (60, 41)
        assert "counted in the smallest part of each unit" in str(caught.value)
        assert metering.read_spent(old, at=NOON) == 100
        # A day of UTC, not of the one who asks.
        metering.charge(key=new, units=100, at=NOON + timedelta(days=1))

    def test_refuses_the_request_whole_and_pauses_the_key_until_it_is_let_go_on(self, earning_shop):
        made = make(scopes=[Scope.ACTIVITIES_WRITE], daily_units_max=20)
        poster = Poster(with_key(made.token), iter(range(9)))
        answers = [
            poster.post("activities", make_order(external_id=number)) for number in ("a", "b", "c")
        ]

        assert [answer.status_code for answer in answers] == [201, 422, 403]
        assert answers[1].json()["code"] == "daily_budget_spent"
        assert answers[2].json()["code"] == "key_paused"
        assert "loyalty manager" in answers[2].json()["detail"]
        assert Activity.objects.count() == 1
        assert ApiKeyDay.objects.get().units == 15

        metering.resume(key=made.key, at=timezone.now())

        assert poster.post("activities", make_order(external_id="b")).status_code == 201

    def test_counts_what_is_brought_out_once(self, earning_shop):
        made = make(scopes=[Scope.ACTIVITIES_WRITE], daily_units_max=20)
        poster = Poster(with_key(made.token), iter(range(9)))

        answers = [poster.post("activities", make_order(), key="same") for _attempt in range(2)]
        known = poster.post("activities", make_order())

        assert [answer.status_code for answer in answers] == [201, 201]
        assert known.status_code == 200
        assert ApiKeyDay.objects.get().units == 15


class TestCommand:
    def test_replaces_a_key(self, shop):
        old = make(partner=shop.partner)

        token, _said = self.call("--replaces", old.key.prefix, "--grace", "0")

        new = keys.verify(token=token, at=timezone.now())
        assert (new.rotated_from, new.partner) == (old.key, shop.partner)
        with pytest.raises(KeyReplaced):
            keys.verify(token=old.token, at=timezone.now())

    def call(self, *arguments):
        out, err = StringIO(), StringIO()
        call_command("create_api_key", *arguments, stdout=out, stderr=err)
        return out.getvalue().strip(), err.getvalue()

    def test_prints_the_key_alone_on_stdout(self, shop):
        token, said = self.call(
            "ERP", "--scopes", "all", "--partner", "erp:12346", "--expires", "2100-01-01T00:00:00Z"
        )

        key = keys.verify(token=token, at=NOON)
        assert key.partner == shop.partner
        assert key.scopes == sorted(Scope)
        assert "cannot be shown again" in said

    @pytest.mark.parametrize(
        "arguments",
        [
            pytest.param(["--scopes", "partners:eat"], id="unknown scope"),
            pytest.param(["--scopes", "all", "--partner", "erp:0"], id="unknown partner"),
            pytest.param(["--scopes", "all", "--partner", "12346"], id="bare number"),
            pytest.param(["--scopes", "all", "--expires", "2000-01-01T00:00:00Z"], id="past"),
            pytest.param(["--scopes", "all", "--expires", "tomorrow"], id="no time"),
            pytest.param(["--scopes", "all", "--daily-max", "0"], id="no budget"),
            pytest.param([], id="no scopes"),
            pytest.param(["--replaces", "nosuch"], id="name beside another's"),
        ],
    )
    def test_refuses_in_one_sentence_and_makes_nothing(self, arguments):
        with pytest.raises(CommandError) as caught:
            self.call("ERP", *arguments)

        assert caught.value.returncode == 2
        assert not ApiKey.objects.exists()


class TestExportCell:
    @pytest.mark.parametrize(
        ("value", "cell"),
        [
            pytest.param("=1+1", "'=1+1", id="formula"),
            pytest.param(" =1+1", "' =1+1", id="formula behind a space"),
            pytest.param("@SUM(A1)", "'@SUM(A1)", id="function"),
            pytest.param("\tx", "'\tx", id="tab"),
            pytest.param(-5, "-5", id="a number below zero stays one"),
            pytest.param(None, "", id="nothing"),
            pytest.param("Acorn", "Acorn", id="a name"),
        ],
    )
    def test_runs_no_formula(self, value, cell):
        assert export_cell(value) == cell
