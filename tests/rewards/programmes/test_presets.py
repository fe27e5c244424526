"""Ready-made programmes: whole in every language, loadable side by side, and never overwritten."""

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ledger.accounts import pool
from ledger.models import Account, Unit
from rewards.models import Programme, Reward, Segment
from rewards.programmes.definition import parse
from rewards.programmes.live import definition_of
from rewards.programmes.presets import (
    ChoiceNotValid,
    Choices,
    ProgrammeExists,
    load_preset,
    preset_names,
    read_preset,
)
from tests.rewards.cast import earn, join, make_partner
from tests.rewards.portal import sign_in, words

NAMES = {
    "citizen-consul",
    "cordiant",
    "loyalty-starter",
    "maxperks",
    "maxperks-2010",
    "michelin",
    "starter",
    "virto",
}
LANGUAGES = {"en", "uk", "pl", "ru"}
FORMS = {
    "en": {"one", "other"},
    "uk": {"one", "few", "many", "other"},
    "pl": {"one", "few", "many", "other"},
    "ru": {"one", "few", "many", "other"},
}
PAGES = Path(__file__).parents[3] / "docs" / "presets"
MARCH = datetime(2026, 3, 1, tzinfo=UTC)


def load(*arguments, **options):
    said = StringIO()
    call_command("load_preset", *arguments, stdout=said, **options)
    return said.getvalue()


def test_these_are_all():
    index = (PAGES.parent / "presets.md").read_text(encoding="utf-8")

    assert set(preset_names()) == NAMES
    assert all(f"[`{name}`](presets/{name}.md)" in index for name in NAMES)


@pytest.mark.once("SQLite")
@pytest.mark.parametrize("name", sorted(NAMES))
class TestEveryPreset:
    def test_tells_in_four_languages_what_it_is(self, name):
        preset = read_preset(name)

        assert set(preset.abouts) == LANGUAGES
        for language in LANGUAGES:
            about = preset.about(language)
            assert about.title
            assert about.sentence.endswith(".")
            assert about.suits.endswith(".")
        assert len({preset.about(language).sentence for language in LANGUAGES}) == len(LANGUAGES)

    def test_names_everything_in_four_languages(self, name):
        document = read_preset(name).definition
        named = [*document["rules"], *document.get("tiers", [])]

        assert document["rules"]
        assert all(set(row["names"]) == LANGUAGES for row in named)
        forms = document["settings"]["unit_names"]
        assert {language: FORMS[language] - set(forms[language]) for language in forms} == {
            language: set() for language in LANGUAGES
        }

    def test_fits_together(self, name):
        preset = read_preset(name)
        definition = parse(preset.definition)
        tiers = {tier.code for tier in definition.tiers}

        assert preset.programme["code"] == name
        assert preset.unit["code"].startswith(f"{name}-")
        assert definition.settings.unit_decimals == preset.unit["decimals"]
        assert {reward.get("min_tier", "") for reward in preset.rewards} - {""} <= tiers
        asked = set(find_segments(preset.definition["rules"]))
        assert asked == {segment["code"] for segment in preset.segments}

    def test_has_a_page_for_managers(self, name):
        page = (PAGES / f"{name}.md").read_text(encoding="utf-8")

        assert read_preset(name).about("en").title in page.splitlines()[0]
        for rule in read_preset(name).definition["rules"]:
            assert f"`{rule['code']}`" in page


def find_segments(tree):
    if isinstance(tree, dict):
        if tree.get("kind") == "segment":
            yield from tree["in"]
        for branch in tree.values():
            yield from find_segments(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from find_segments(branch)


@pytest.mark.django_db
def test_all_of_them_stand_side_by_side():
    for name in NAMES:
        load_preset(name, as_of=MARCH)

    programmes = {programme.code: programme for programme in Programme.objects.live()}
    assert set(programmes) == NAMES
    assert len({programme.main_unit.code for programme in programmes.values()}) == len(NAMES)
    for name, programme in programmes.items():
        preset, version = read_preset(name), programme.versions.get()
        assert definition_of(version) == parse(preset.definition)
        assert (version.number, version.published_at) == (1, MARCH)
        house = Account.objects.filter(unit=programme.main_unit, partner=None)
        assert house.count() == len(Account.HOUSE_KINDS)
        rewards = Reward.objects.on_offer(MARCH).filter(programme=programme)
        assert rewards.count() == len(preset.rewards)
    assert set(Segment.objects.values_list("code", flat=True)) == {"installers", "distributors"}


@pytest.mark.django_db
class TestChoosing:
    def test_one_preset_makes_several_programmes(self):
        load_preset("maxperks", as_of=MARCH)
        chosen = Choices(
            code="schools",
            name="School Money",
            seller_name="Paper & Pen",
            currency="EUR",
            time_zone="Europe/Kyiv",
        )

        programme = load_preset("maxperks", as_of=MARCH, choices=chosen)

        assert (programme.code, programme.name) == ("schools", "School Money")
        assert programme.seller_name == "Paper & Pen"
        assert (programme.currency, programme.time_zone) == ("EUR", "Europe/Kyiv")
        unit = programme.main_unit
        assert (unit.code, unit.kind, unit.currency) == ("schools-cashback", "money", "EUR")
        names = definition_of(programme.versions.get()).settings.unit_names
        assert names["en"]["other"] == "EUR cashback"
        assert names["uk"]["few"] == "EUR кешбеку"

    def test_lists_that_are_there_stay_as_they_are(self):
        Segment.objects.create(code="installers", name="Our fitters")

        load_preset("loyalty-starter", as_of=MARCH)

        assert Segment.objects.get(code="installers").name == "Our fitters"

    @pytest.mark.parametrize(
        ("chosen", "field"),
        [
            ({"code": "two words"}, "code"),
            ({"code": "x" * 41}, "code"),
            ({"name": "x" * 101}, "name"),
            ({"seller_name": "x" * 101}, "seller_name"),
            ({"currency": "XYZ"}, "currency"),
            ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ],
    )
    def test_refuses_what_cannot_be_used(self, chosen, field):
        with pytest.raises(ChoiceNotValid) as caught:
            load_preset("starter", as_of=MARCH, choices=Choices(**chosen))

        assert caught.value.field == field
        assert not Programme.objects.exists()

    def test_never_overwrites(self):
        load_preset("starter", as_of=MARCH)

        with pytest.raises(ProgrammeExists):
            load_preset("starter", as_of=MARCH)
        with pytest.raises(ProgrammeExists):
            load_preset("virto", as_of=MARCH, choices=Choices(code="starter"))

        assert Unit.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.once("SQLite")
class TestCommand:
    def test_lists_every_preset_with_its_sentence(self):
        said = load(list=True)

        for name in NAMES:
            about = read_preset(name).about("en")
            assert any(line.split() == [name, *about.title.split()] for line in said.splitlines())
            assert about.sentence in said
        assert {each["name"] for each in json.loads(load(list=True, json=True))} == NAMES

    def test_a_dry_run_writes_nothing(self):
        said = load("virto", dry_run=True)

        assert "paid-in-time" in said
        assert said.endswith("Nothing was written.\n")
        assert not Programme.objects.exists()

    def test_loads_with_what_was_chosen(self):
        said = load(
            "michelin",
            "--code=tyres",
            "--name=Tyre Points",
            "--seller=Wheels",
            "--currency=uah",
            "--time-zone=Europe/Kyiv",
        )

        programme = Programme.objects.get()
        assert said.endswith("Programme tyres is live.\n")
        assert (programme.code, programme.name) == ("tyres", "Tyre Points")
        assert (programme.currency, programme.time_zone) == ("UAH", "Europe/Kyiv")
        assert programme.main_unit.code == "tyres-points"

    def test_answers_scripts(self):
        told = json.loads(load("maxperks", json=True))

        assert told["programme"] == "maxperks"
        assert told["rules"] == ["money-back", "cartridges"]
        assert told["written"] is True
        assert load("virto", quiet=True) == ""

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            ([], 2),
            (["no-such-preset"], 2),
            (["starter", "--currency=XYZ"], 2),
            (["starter", "--code=there"], 1),
        ],
    )
    def test_refuses_with_a_code(self, arguments, code):
        load_preset("starter", as_of=MARCH, choices=Choices(code="there"))

        with pytest.raises(CommandError) as caught:
            load(*arguments)

        assert caught.value.returncode == code


@pytest.mark.django_db
@pytest.mark.once("SQLite")
@pytest.mark.parametrize(
    ("name", "minor", "said"),
    [
        # No tiers; money with two decimals; one decimal.
        ("cordiant", 2500, "2,500 bonuses"),
        ("maxperks", 2500, "25.00 USD cashback"),
        ("citizen-consul", 10009, "1,000.9 points"),
    ],
)
def test_the_portal_speaks_of_it(name, minor, said):
    programme = load_preset(name, as_of=MARCH)
    partner = make_partner(programme, "12346", tier="")
    earn(pool(programme.main_unit, partner), minor, at=MARCH)
    browser = sign_in(join(partner, "Alice", "head_buyer"))

    pages = {page: words(browser.get(page)) for page in ("/", "/catalogue/", "/statement/")}

    assert said in pages["/"]
    assert said.split()[0] in pages["/statement/"]
    for reward in read_preset(name).rewards:
        assert reward["name"] in pages["/catalogue/"]
