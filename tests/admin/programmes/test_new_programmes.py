"""New programmes: each preset as the forms show it, opened and closed."""

import pytest
from django.urls import reverse

from ledger.models import Unit
from partners.kinds import KINDS as KNOWN_KINDS
from rewards.admin.programmes.frame import lists_for
from rewards.admin.programmes.rule_form import RuleForm
from rewards.admin.programmes.settings_form import SettingsForm
from rewards.models import Programme
from rewards.programmes.definition import parse
from rewards.programmes.drafting import change_settings
from rewards.programmes.presets import preset_names, read_preset
from tests.admin.programmes.pages import (
    as_sent,
    fields_of,
    said,
    text_of,
    without_defaults,
    without_zeros,
)
from tests.rewards.programmes.rules import BASE, DOCUMENT

pytestmark = [pytest.mark.django_db, pytest.mark.once("PostgreSQL")]

KINDS = {code: str(kind.name) for code, kind in KNOWN_KINDS.items()}
SEGMENTS = {
    row["code"]: row["name"] for name in preset_names() for row in read_preset(name).segments
}


class TestProgrammes:
    def test_shows_its_rules_in_words(self, client, programme):
        shown = text_of(client.get(reverse("admin:rewards_programme_change", args=[programme.pk])))

        assert "For every £1 of an order, 1 point." in shown
        assert "Version 1" in shown

    def test_shows_the_first_of_many_rules(self, client, programme):
        many = [{**BASE, "code": f"r{n}", "names": {"en": f"Rule {n}"}} for n in range(12)]
        programme.versions.update(definition=DOCUMENT | {"rules": many})

        shown = text_of(client.get(reverse("admin:rewards_programme_change", args=[programme.pk])))

        assert "Rule 7" in shown
        assert "Rule 8" not in shown
        assert "4 more rules" in shown

    def test_a_new_one_is_made_of_a_preset_opened_and_closed(self, client, root):
        presets = client.get(reverse("admin:rewards_programme_presets"))
        create = reverse("admin:rewards_programme_create", args=["starter"])
        assert create in presets.content.decode()
        data = {
            **fields_of(client.get(create)),
            "name": "Second Club",
            "currency": "EUR",
            "time_zone": "Europe/Warsaw",
            "starts_on": "2026-01-01",
            "unit_one": "star",
            "unit_other": "stars",
        }

        client.post(create, data)

        made = Programme.objects.get(code="second-club")
        assert (made.status, made.currency, made.time_zone) == ("draft", "EUR", "Europe/Warsaw")
        version = made.versions.get()
        assert version.definition["settings"]["unit_names"]["en"]["other"] == "stars"
        twice = client.post(create, data)
        assert twice.status_code == 422
        assert "of this code already" in text_of(twice)
        url = f"/admin/rewards/programme/{made.pk}"
        client.get(f"{url}/open/")
        made.refresh_from_db()
        assert made.status == "draft"
        client.post(f"{url}/open/")
        made.refresh_from_db()
        assert made.status == "live"
        client.post(f"{url}/close/")
        made.refresh_from_db()
        assert made.status == "closed"
        assert "not open" in said(client.post(f"{url}/close/"))[-1]

    @pytest.mark.parametrize("preset", preset_names())
    def test_the_forms_say_everything_that_a_preset_says(self, preset):
        """What is shown is sent back as it is, and nothing is different."""
        document = read_preset(preset).definition
        programme = Programme(currency="USD", main_unit=Unit(decimals=2))
        lists = lists_for(document, programme, (SEGMENTS, KINDS))
        for rule in document["rules"]:
            shown = RuleForm(None, row=rule, lists=lists)
            sent = RuleForm(as_sent(shown), row=rule, lists=lists)
            assert sent.is_valid()
            read = sent.read(rule["code"])
            assert not sent.has_errors
            assert without_zeros(read) == without_zeros(without_defaults(rule))
        settings = document["settings"]
        sent = SettingsForm(
            as_sent(SettingsForm(None, settings=settings, lists=lists)),
            settings=settings,
            lists=lists,
        )
        assert sent.is_valid()
        before, after = (
            parse({**document, "settings": each}).settings
            for each in (settings, change_settings(document, sent.read())["settings"])
        )
        assert before == after
