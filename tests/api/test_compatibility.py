"""Inside v1 things are only added: nobody's program stops working."""

import copy

import pytest

from tests.api.promises import PROMISED_FILE, load, read_demands, read_promises

pytestmark = pytest.mark.once("SQLite")


@pytest.fixture(scope="module")
def document():
    return load()


@pytest.fixture(scope="module")
def promised():
    return set(PROMISED_FILE.read_text(encoding="utf-8").splitlines())


def find_broken(document, promised):
    return sorted(promised - read_promises(document))


def find_new_demands(document, promised):
    """What an operation that was promised asks for only now."""
    known = {promise for promise in promised if promise.count(" ") == 1}
    return sorted(
        demand
        for demand in read_demands(document) - promised
        if demand.split(" must send ")[0] in known
    )


class TestPromises:
    def test_are_kept(self, document, promised):
        assert find_broken(document, promised) == []

    def test_ask_for_nothing_more(self, document, promised):
        assert find_new_demands(document, promised) == []

    def test_are_written_down(self, document, promised):
        """What is added becomes a promise: run ``python -m tests.api.promises``."""
        assert sorted(read_promises(document) - promised) == []

    def test_a_field_that_goes_or_is_asked_for_is_found(self, document, promised):
        changed = copy.deepcopy(document)
        schemas = changed["components"]["schemas"]
        del schemas["MemberOutput"]["properties"]["name"]
        schemas["ActivityInputRequest"]["required"].append("country")

        assert any("answers 200 /name" in line for line in find_broken(changed, promised))
        assert any("/country" in line for line in find_new_demands(changed, promised))
