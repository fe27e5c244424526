"""What nobody should send, and the answer each gets: a problem with a code, never a server error."""

import gzip
import json

import pytest
from django.core.cache import cache

from partners.models import Activity
from tests.api.test_problems import make_order

pytestmark = pytest.mark.once("PostgreSQL")

SYNTAX = [
    pytest.param(b"", "validation_failed", id="empty body"),
    pytest.param(b"null", "validation_failed", id="null"),
    pytest.param(b"[]", "validation_failed", id="list"),
    pytest.param(b'"order"', "validation_failed", id="text"),
    pytest.param(b"12", "validation_failed", id="number"),
    pytest.param(b"kind=order", "malformed_json", id="form"),
    pytest.param(b'{"kind": "order"', "malformed_json", id="truncated"),
    pytest.param(b'{"kind": "order"} {}', "malformed_json", id="two documents"),
    pytest.param(b'{"kind": "\xff"}', "malformed_json", id="bad UTF-8"),
    pytest.param(b'\xef\xbb\xbf{"kind": "order"}', "malformed_json", id="byte order mark"),
    pytest.param('{"kind": "order"}'.encode("utf-16"), "malformed_json", id="UTF-16"),
    pytest.param(b'{"amount": NaN}', "malformed_json", id="NaN"),
    pytest.param(b'{"amount": -Infinity}', "malformed_json", id="Infinity"),
    pytest.param(b'{"amount": 01}', "malformed_json", id="leading zero"),
    pytest.param(b'{"amount": 1e400}', "number_out_of_range", id="exponent"),
    pytest.param(b'{"amount": 1e-400}', "number_out_of_range", id="small exponent"),
    pytest.param(b'{"amount": ' + b"9" * 5_000 + b"}", "number_out_of_range", id="digits"),
    pytest.param(b'{"amount": 0.' + b"1" * 5_000 + b"}", "number_out_of_range", id="decimals"),
    pytest.param(b'{"a": ' * 33 + b"1" + b"}" * 33, "too_deep", id="33 levels"),
    pytest.param(b"[" * 100_000, "too_deep", id="100,000 levels, truncated"),
    pytest.param(b'{"a": "\\ud800"}', "unsupported_text", id="half a surrogate"),
    pytest.param(b'{"\\u0000": 1}', "unsupported_text", id="NUL in a name"),
    pytest.param(b'{"a": [{"b": "\\u0000"}]}', "unsupported_text", id="NUL deep inside"),
    pytest.param(b'{"a": {"b": 1, "b": 2}}', "duplicate_key", id="twice, inside"),
]


class TestSyntax:
    @pytest.mark.parametrize(("body", "code"), SYNTAX)
    def test_is_refused_with_its_code(self, erp, shop, body, code):
        answer = erp.client.post(
            "/api/v1/activities",
            data=body,
            content_type="application/json",
            headers={"Idempotency-Key": "x"},
        )

        assert answer.status_code == 400
        assert answer.json()["code"] == code

    def test_names_the_place_of_a_text_that_cannot_be_kept(self, erp, shop):
        answer = erp.client.post(
            "/api/v1/activities",
            data=b'{"lines": [{"a/b~c": "\\u0000"}]}',
            content_type="application/json",
            headers={"Idempotency-Key": "x"},
        )

        assert answer.json()["errors"][0]["pointer"] == "/lines/0/a~1b~0c"

    def test_thirty_two_levels_are_read(self, erp, shop):
        body = b'{"a": ' * 32 + b"1" + b"}" * 32
        answer = erp.client.post(
            "/api/v1/activities",
            data=body,
            content_type="application/json",
            headers={"Idempotency-Key": "x"},
        )

        assert answer.json()["errors"][0]["code"] == "required"

    @pytest.mark.parametrize(
        "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "text/json"]
    )
    def test_content_type_must_be_json(self, erp, shop, content_type):
        answer = erp.client.generic(
            "POST",
            "/api/v1/activities",
            json.dumps(make_order()),
            content_type=content_type,
            HTTP_IDEMPOTENCY_KEY="x",
        )

        assert answer.status_code == 415

    @pytest.mark.parametrize("packing", ["gzip", "br", "deflate, gzip"])
    def test_nothing_is_unpacked(self, erp, shop, packing):
        """A few kilobytes that would be gigabytes never become so."""
        answer = erp.client.post(
            "/api/v1/activities",
            data=gzip.compress(b" " * 10_000_000),
            content_type="application/json",
            headers={"Idempotency-Key": "x", "Content-Encoding": packing},
        )

        assert answer.status_code == 415

    def test_a_batch_is_measured_before_it_is_read(self, erp, shop):
        answer = erp.post("activities/batch", {"activities": [{}] * 100_000})

        assert answer.status_code == 400
        [problem] = answer.json()["errors"]
        assert (problem["pointer"], problem["code"]) == ("/activities", "max_length")

    @pytest.mark.parametrize(
        ("header", "status"),
        [
            pytest.param("Authorization", 401, id="key"),
            pytest.param("Idempotency-Key", 422, id="idempotency key"),
            pytest.param("X-Whatever", 201, id="not ours"),
        ],
    )
    def test_headers_longer_than_any_of_ours(self, erp, shop, header, status):
        headers = {"Idempotency-Key": "x", header: "Bearer " + "a" * 9_000}
        if header == "Authorization":
            # What the client always sends would win.
            erp.client.credentials()
        answer = erp.client.post("/api/v1/activities", make_order(), format="json", headers=headers)

        assert answer.status_code == status

    @pytest.mark.parametrize("key", ["", "k" * 256, "schlüssel", "a\tb", " lead"])
    def test_key_is_printable_and_short(self, erp, shop, key):
        answer = erp.client.post(
            "/api/v1/activities",
            make_order(),
            format="json",
            headers={"Idempotency-Key": key},
        )

        assert answer.status_code == 422
        assert not Activity.objects.exists()


QUERIES = [
    pytest.param("limit=0", "invalid_parameter", id="limit 0"),
    pytest.param("limit=-1", "invalid_parameter", id="limit below zero"),
    pytest.param("limit=1000000000", "invalid_parameter", id="limit of a billion"),
    pytest.param("limit=%D9%A5", "invalid_parameter", id="limit in another script"),
    pytest.param("limit=1.5", "invalid_parameter", id="limit with decimals"),
    pytest.param("limit=", "invalid_parameter", id="limit empty"),
    pytest.param("cursor=abc", "invalid_cursor", id="cursor made up"),
    pytest.param("cursor=", "invalid_cursor", id="cursor empty"),
    pytest.param("page=2", "unknown_parameter", id="page"),
    pytest.param("ordering=password", "unknown_parameter", id="ordering"),
    pytest.param("format=json", "unknown_parameter", id="format"),
    pytest.param("partner__public_id=1", "unknown_parameter", id="lookup"),
    pytest.param("%00=1", "unknown_parameter", id="NUL in a name"),
    pytest.param("source=%00", "invalid_parameter", id="NUL in a value"),
    pytest.param("waits=perhaps", "invalid_parameter", id="neither true nor false"),
    pytest.param("partner=12346", "invalid_parameter", id="bare number"),
    pytest.param("partner=erp:%00", "invalid_parameter", id="NUL in a reference"),
    pytest.param("partner=erp:", "invalid_parameter", id="empty number"),
    pytest.param("occurred_from=yesterday", "invalid_parameter", id="yesterday"),
    pytest.param("occurred_from=2026-03-02T10:00:00", "invalid_parameter", id="naive time"),
    pytest.param("occurred_from=0001-01-01T00:00:00Z", "invalid_parameter", id="year one"),
    pytest.param("kind=order&kind=return", "repeated_parameter", id="repeated"),
    pytest.param(
        "occurred_from=2026-03-02T00:00:00Z&occurred_until=2026-03-01T00:00:00Z",
        "invalid_parameter",
        id="a period that ends before it begins",
    ),
]


class TestQuery:
    @pytest.mark.parametrize(("query", "code"), QUERIES)
    def test_is_refused_with_its_code(self, erp, shop, query, code):
        answer = erp.client.get(f"/api/v1/activities?{query}")

        assert answer.status_code == 400, answer.content
        assert answer.json()["code"] == code
        assert answer.json()["errors"][0]["parameter"]

    def test_offset_may_come_with_a_plus_or_escaped(self, erp, shop):
        for offset in ("+02:00", "%2B02:00", "Z"):
            query = f"occurred_from=2026-03-02T10:00:00{offset}"
            assert erp.client.get(f"/api/v1/activities?{query}").status_code == 200

    def test_actions_take_no_parameters(self, erp, shop):
        answer = erp.client.get(f"/api/v1/partners/{shop.partner.public_id}?expand=members")

        assert answer.json()["code"] == "unknown_parameter"

    def test_cursor_is_bound_to_the_filters(self, erp, shop):
        cursor = erp.get("members", {"limit": 1}).json()["next_cursor"]

        answer = erp.get("members", {"limit": 1, "cursor": cursor, "role": "buyer"})

        assert answer.json()["code"] == "invalid_cursor"

    def test_changed_cursor_is_refused(self, erp, shop):
        cursor = erp.get("members", {"limit": 1}).json()["next_cursor"]

        for changed in (
            cursor[:-1] + ("A" if cursor[-1] != "A" else "B"),
            "A" + cursor,
            cursor.replace(":", "", 1),
        ):
            assert erp.get("members", {"limit": 1, "cursor": changed}).status_code == 400


ADDRESSES = [
    "/api/v1/partners/",
    "/api/v1/partners/1",
    "/api/v1/partners/erp:%00",
    "/api/v1/partners/%0a",
    "/api/v1/transfers/9223372036854775808",
    "/api/v1/transfers/00000000-0000-0000-0000-00000000000g",
    "/api/v1/accounts/issued:club-points",
    "/api/v2/partners",
    "/api/partners",
    "/api/",
]


class TestAddress:
    @pytest.mark.parametrize("address", ADDRESSES)
    def test_unknown_is_a_problem(self, erp, shop, address):
        answer = erp.client.get(address)

        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "not_found"

    @pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
    def test_methods_not_offered_are_a_problem(self, erp, shop, method):
        answer = getattr(erp.client, method)("/api/v1/activities")

        assert answer.status_code == 405
        assert answer.json()["code"] == "method_not_allowed"


class TestThrottle:
    def test_lets_requests_pass_while_the_counter_is_out(self, erp, shop, monkeypatch):
        def fail(*args: object, **kwargs: object) -> None:
            raise ConnectionError("no cache")

        monkeypatch.setattr(cache._connections["default"], "add", fail, raising=False)

        assert erp.get("partners").status_code == 200
