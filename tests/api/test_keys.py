"""Keys: shown once, kept as a hash, refused for one reason without telling which part was wrong."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from partners import keys
from partners.doors.export import export_cell
from partners.keys import InvalidKey, KeyExpired, KeyRevoked, Scope, UnknownScope
from partners.models import ApiKey
from tests.rewards.cast import NOON

pytestmark = pytest.mark.django_db


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


class TestCommand:
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
