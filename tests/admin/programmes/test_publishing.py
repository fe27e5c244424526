"""Publishing: now, at a midnight, and taken back before it began."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.admin.programmes.pages import page, said, text_of
from tests.rewards.programmes.rules import DOCUMENT

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


class TestPublishing:
    def test_asks_first_then_freezes(self, client, draft, post, root):
        shown = text_of(client.get(page(draft, "publish_draft")))
        assert "0 changes against Version 1" in shown
        post(draft, "publish_draft", note="The same again")

        draft.refresh_from_db()
        assert (draft.number, draft.note, draft.published_by) == (2, "The same again", root)
        assert draft.valid_from == draft.published_at
        late = client.post(page(draft, "document"), {"definition": "{}"})
        assert "never changes" in said(late)[-1]
        assert client.get(page(draft, "rule", "base")).status_code == 302
        draft.refresh_from_db()
        assert draft.definition == DOCUMENT
        again = client.post(page(draft, "publish_draft"))
        assert "published already" in said(again)[-1]

    def test_what_was_not_looked_at_is_not_published(self, client, draft, post):
        post(draft, "rule_move", "toner", to="up")

        answer = client.post(page(draft, "publish_draft"), {"edits": 0})

        assert answer.status_code == 422
        assert "Nothing was published" in text_of(answer)
        draft.refresh_from_db()
        assert draft.number is None

    def test_begins_at_a_midnight_of_the_programme_and_can_be_withdrawn(
        self, client, programme, draft, post
    ):
        day = timezone.now().date() + timedelta(days=30)
        post(draft, "publish_draft", when="later", day=day.isoformat())

        draft.refresh_from_db()
        assert draft.valid_from > timezone.now()
        assert "Scheduled" in text_of(client.get(page(draft)))
        other = client.post(f"/admin/rewards/programme/{programme.pk}/edit_rules/")
        assert other.status_code == 302
        refused = client.post(page(draft, "withdraw"))
        assert "There is a draft already" in said(refused)[-1]
        programme.versions.get(number=None).delete()
        client.post(page(draft, "withdraw"))

        draft.refresh_from_db()
        assert (draft.number, draft.valid_from, draft.published_at) == (None, None, None)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            ({"when": "later"}, "Choose a day"),
            ({"when": "later", "day": "2020-01-01"}, "Choose a day after today"),
        ],
    )
    def test_says_what_is_wrong_with_the_day(self, draft, post, data, words):
        answer = post(draft, "publish_draft", **data)

        assert words in text_of(answer)
        draft.refresh_from_db()
        assert draft.number is None

    def test_does_not_overtake_a_version_that_is_scheduled(self, client, programme, draft, post):
        day = timezone.now().date() + timedelta(days=30)
        post(draft, "publish_draft", when="later", day=day.isoformat())
        client.post(f"/admin/rewards/programme/{programme.pk}/edit_rules/")
        second = programme.versions.get(number=None)

        answer = post(second, "publish_draft")

        assert "Version 2 starts later" in text_of(answer)

    def test_what_is_in_force_is_not_withdrawn(self, client, programme):
        version = programme.versions.get()

        answer = client.post(page(version, "withdraw"))

        assert "in force already" in said(answer)[-1]
        version.refresh_from_db()
        assert version.number == 1
