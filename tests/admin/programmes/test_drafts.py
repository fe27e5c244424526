"""A draft: how it begins, the buttons of its cards, and who may press them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners.roles import Role
from rewards.models import ProgrammeVersion
from tests.admin.programmes.pages import BLANK, fields_of, page, rules, said, text_of
from tests.rewards.cast import make_programme
from tests.rewards.programmes.rules import DOCUMENT, SPRING, TONER

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]


class TestADraft:
    def test_begins_as_the_rules_in_force_and_is_made_once(self, client, programme, draft):
        again = client.post(f"/admin/rewards/programme/{programme.pk}/edit_rules/")

        assert draft.definition == DOCUMENT
        assert programme.versions.filter(number=None).count() == 1
        assert again.url == page(draft)

    def test_stands_with_the_programmes_in_the_sidebar(self, client, draft):
        def opened(url):
            [marked] = [
                item["title"]
                for group in client.get(url).context["sidebar_navigation"]
                for item in group["items"]
                if item.get("active")
            ]
            return str(marked)

        assert opened(page(draft)) == opened(page(draft, "rule_add")) == "Programmes"
        assert opened("/admin/rewards/programmeversion/") == "Programme versions"

    def test_shows_each_rule_as_a_sentence_with_what_to_look_at(self, client, draft):
        del draft.definition["rules"][1]["when"]
        draft.save()

        shown = text_of(client.get(page(draft)))

        assert "For every £10 of goods in the category Toner, 2 points." in shown
        assert "No recent order has goods in the category Toner." in shown

    def test_is_moved_copied_and_removed_by_single_buttons(self, client, draft, post):
        post(draft, "rule_move", "toner", to="up")
        assert rules(draft) == ["toner", "base"]
        post(draft, "rule_copy", "toner")
        assert rules(draft) == ["toner", "toner-2", "base"]
        post(draft, "rule_remove", "toner-2")
        assert rules(draft) == ["toner", "base"]

        assert "Undo" in text_of(client.get(page(draft)))
        post(draft, "put_back")
        assert rules(draft) == ["toner", "toner-2", "base"]
        assert "Undo" not in text_of(client.get(page(draft)))

    def test_gives_no_code_again_that_an_earlier_version_had(self, client, draft, post):
        """What was used of limits and budgets stays with a code."""
        post(draft, "rule_remove", "toner")
        post(draft, "rule_add", **{**BLANK, "name_en": "Toner"})
        assert rules(draft) == ["base", "toner-2"]

        post(draft, "rule_copy", "toner-2")
        assert rules(draft) == ["base", "toner-2", "toner-2-2"]

    def test_a_button_of_a_stale_page_does_nothing_and_says_so(self, client, draft, post):
        post(draft, "rule_move", "toner", to="up")

        answer = client.post(page(draft, "rule_remove", "toner"), {"edits": 0})

        assert rules(draft) == ["toner", "base"]
        assert "Nothing was done" in said(answer)[-1]

    def test_what_is_not_there_is_not_found(self, client, draft, post):
        assert client.get(page(draft, "rule", "nothing")).status_code == 404
        assert client.get(page(draft, "campaign", "nothing")).status_code == 404
        assert client.get(page(draft, "rule_add") + "?campaign=nothing").status_code == 404
        assert "nothing to put back" in said(post(draft, "put_back"))[-1]

    def test_what_a_colleague_took_away_is_told_and_keeps_what_was_typed(self, client, draft, post):
        post(draft, "rule_remove", "toner")

        moved = client.post(page(draft, "rule_move", "toner"), {"edits": 0, "to": "up"})
        late = client.post(page(draft, "rule", "toner"), {**BLANK, "edits": 0})
        saved = client.post(page(draft, "rule", "toner"), fields_of(late))

        assert moved.url == page(draft)
        assert "not there any more" in said(moved)[-1]
        assert late.status_code == 422
        assert 'value="Bonus"' in late.content.decode()
        assert saved.status_code == 302
        assert rules(draft) == ["base", "bonus"]

    def test_a_rule_of_a_campaign_that_was_taken_away_comes_back_into_it(self, client, draft, post):
        opened = client.get(page(draft, "rule", "double"))
        typed = {**fields_of(opened), "name_en": "Thrice"}
        post(draft, "rule_remove", "double")

        late = client.post(page(draft, "rule", "double"), typed)
        client.post(page(draft, "rule", "double"), fields_of(late))

        assert late.status_code == 422
        assert rules(draft) == ["base", "toner"]
        assert rules(draft, "spring") == ["thrice"]

    def test_a_rule_of_a_campaign_that_is_gone_too_says_so(self, client, draft, post):
        typed = fields_of(client.get(page(draft, "rule", "double")))
        post(draft, "campaign_remove", "spring")

        late = client.post(page(draft, "rule", "double"), typed)

        assert late.status_code == 422
        assert "The campaign of this rule is gone." in text_of(late)

    def test_discarded_in_another_window_it_is_gone_without_an_error(self, client, draft, post):
        post(draft, "discard")

        answers = [
            client.get(page(draft)),
            client.post(page(draft, "rule", "base"), {**BLANK, "edits": 0}),
            client.post(page(draft, "rule_move", "base"), {"edits": 0}),
            client.post(page(draft, "publish_draft"), {"edits": 0}),
            client.post(page(draft, "discard")),
        ]

        assert {answer.status_code for answer in answers} == {302}
        assert "discarded" in said(answers[1])[-1]

    def test_is_discarded_after_a_question(self, client, programme, draft):
        client.get(page(draft, "discard"))
        assert programme.versions.filter(number=None).exists()

        client.post(page(draft, "discard"))

        assert not programme.versions.filter(number=None).exists()


READERS = [Role.FINANCE, Role.AUDITOR, Role.ACCOUNT_MANAGER]
READ = ["change", "campaigns", "tiers", "settings", "names", "document", "compare", "trial"]


class TestWhoMayDoWhat:
    @pytest.mark.parametrize("role", READERS)
    def test_others_read_every_page_and_change_nothing(self, client, employ, role):
        programme = make_programme()
        draft = ProgrammeVersion.objects.create(programme=programme, definition=DOCUMENT)
        employ(role)

        assert {client.get(page(draft, name)).status_code for name in READ} == {200}
        refused = [
            client.get(page(draft, "rule_add")),
            client.get(page(draft, "rule", "base")),
            client.post(page(draft, "rule_remove", "base"), {"edits": 0}),
            client.post(page(draft, "publish_draft"), {"edits": 0}),
            client.post(page(draft, "discard")),
            client.post(page(draft, "withdraw")),
            client.get(reverse("admin:rewards_programme_presets")),
            client.post(f"/admin/rewards/programme/{programme.pk}/close/"),
        ]
        assert {answer.status_code for answer in refused} == {403}
        for name in ("tiers", "settings", "names", "document"):
            client.post(page(draft, name), {"edits": 0, "definition": "{}"})
        draft.refresh_from_db()
        assert draft.definition == DOCUMENT

    def test_a_loyalty_manager_does_all_of_it(self, client, dana):
        programme = make_programme()
        draft = ProgrammeVersion.objects.create(programme=programme, definition=DOCUMENT)

        client.post(page(draft, "rule_remove", "base"), {"edits": 0})
        client.post(page(draft, "publish_draft"), {"edits": 1})

        draft.refresh_from_db()
        assert rules(draft) == ["toner"]
        assert draft.published_by == dana


class TestQueries:
    def test_are_as_many_for_two_rules_as_for_twenty(self, client, draft):
        def count(name, *more):
            client.get(page(draft, name, *more))
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(page(draft, name, *more))
            assert answer.status_code == 200
            return len(queries)

        pages = [("change",), ("campaigns",), ("rule", "toner"), ("compare",), ("publish_draft",)]
        few = {each: count(*each) for each in pages}
        more = [{**TONER, "code": f"r{n}", "names": {"en": f"R{n}"}} for n in range(18)]
        campaigns = [
            {**SPRING, "code": f"c{n}", "rules": [{**SPRING["rules"][0], "code": f"d{n}"}]}
            for n in range(9)
        ]
        draft.definition = DOCUMENT | {
            "rules": [*DOCUMENT["rules"], *more],
            "campaigns": [SPRING, *campaigns],
        }
        draft.save()

        assert {each: count(*each) for each in pages} == few
