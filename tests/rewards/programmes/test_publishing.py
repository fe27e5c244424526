"""From a draft to a version, at a moment of its own, and back while nothing rests on it."""

from datetime import timedelta

import pytest

from partners.models import OwnKind
from rewards.models import Programme, ProgrammeVersion
from rewards.programmes.definition import InvalidDefinition
from rewards.programmes.live import version_in_force
from rewards.programmes.opening import (
    NotADraft,
    NothingPublished,
    NotLive,
    close_programme,
    create_programme,
    open_programme,
)
from rewards.programmes.presets import Choices
from rewards.programmes.publishing import (
    AlreadyPublished,
    AnotherStartsLater,
    DraftInTheWay,
    NotWithdrawable,
    StartsInThePast,
    discard,
    draft_from_latest,
    publish,
    withdraw,
)
from tests.rewards.cast import NOON, make_programme

pytestmark = [pytest.mark.django_db, pytest.mark.once("SQLite")]

DAY = timedelta(days=1)


@pytest.fixture
def programme():
    return make_programme()


@pytest.fixture
def draft(programme):
    return draft_from_latest(programme=programme)


class TestPublish:
    def test_holds_from_its_moment_on(self, programme, draft):
        publish(version=draft, published_at=NOON, valid_from=NOON + DAY, note="More points")

        before = version_in_force(programme, NOON + DAY - timedelta(microseconds=1))
        after = version_in_force(programme, NOON + DAY)
        assert (before.number, after.number) == (1, 2)
        draft.refresh_from_db()
        assert (draft.note, draft.published_at) == ("More points", NOON)

    def test_without_a_moment_holds_from_now_on(self, draft):
        assert publish(version=draft, published_at=NOON).valid_from == NOON

    def test_before_the_programme_is_open_holds_from_the_beginning(self, programme, draft):
        Programme.objects.filter(pk=programme.pk).update(status=Programme.Status.DRAFT)

        second = publish(version=draft, published_at=NOON)

        assert (second.number, second.valid_from) == (2, None)
        assert version_in_force(programme, NOON - 400 * DAY).number == 2

    def test_does_not_reach_back(self, draft):
        with pytest.raises(StartsInThePast):
            publish(version=draft, published_at=NOON, valid_from=NOON - timedelta(microseconds=1))

    def test_does_not_overtake_what_starts_later(self, programme, draft):
        publish(version=draft, published_at=NOON, valid_from=NOON + 2 * DAY)
        second = draft_from_latest(programme=programme)

        with pytest.raises(AnotherStartsLater) as caught:
            publish(version=second, published_at=NOON, valid_from=NOON + DAY)

        assert caught.value.number == 2
        assert publish(version=second, published_at=NOON, valid_from=NOON + 2 * DAY).number == 3

    def test_keeps_the_decimals_that_are_counted(self, draft):
        draft.definition = {
            **draft.definition,
            "settings": {**draft.definition["settings"], "unit_decimals": 2},
        }
        draft.save()

        with pytest.raises(InvalidDefinition, match=r"settings\.unit_decimals"):
            publish(version=draft, published_at=NOON)

    def test_knows_the_kinds_its_rules_are_for(self, draft):
        rule = {
            "code": "quizzes",
            "names": {"en": "Quizzes"},
            "trigger": "quiz",
            "effect": {"kind": "fixed", "units": 5},
        }
        draft.definition = {**draft.definition, "rules": [rule]}
        draft.save()
        with pytest.raises(InvalidDefinition, match="quiz"):
            publish(version=draft, published_at=NOON)

        OwnKind.objects.create(code="quiz", names={"en": "Quiz"})
        assert publish(version=draft, published_at=NOON).number == 2

    def test_is_done_once(self, draft):
        publish(version=draft, published_at=NOON)

        with pytest.raises(AlreadyPublished):
            publish(version=draft, published_at=NOON)


class TestWithdraw:
    def test_makes_a_draft_of_it_again(self, programme, draft):
        publish(version=draft, published_at=NOON, valid_from=NOON + DAY)

        withdraw(version=draft, as_of=NOON)

        assert draft_from_latest(programme=programme) == draft
        assert version_in_force(programme, NOON + DAY).number == 1
        assert publish(version=draft, published_at=NOON).number == 2

    def test_is_too_late_once_it_has_begun(self, draft):
        publish(version=draft, published_at=NOON, valid_from=NOON + DAY)

        with pytest.raises(NotWithdrawable):
            withdraw(version=draft, as_of=NOON + DAY)

    def test_leaves_the_draft_that_is_there(self, programme, draft):
        publish(version=draft, published_at=NOON, valid_from=NOON + DAY)
        draft_from_latest(programme=programme)

        with pytest.raises(DraftInTheWay):
            withdraw(version=draft, as_of=NOON)

    def test_takes_the_latest_first(self, programme, draft):
        publish(version=draft, published_at=NOON, valid_from=NOON + DAY)
        second = draft_from_latest(programme=programme)
        publish(version=second, published_at=NOON, valid_from=NOON + 2 * DAY)

        with pytest.raises(NotWithdrawable):
            withdraw(version=draft, as_of=NOON)
        with pytest.raises(NotWithdrawable):
            withdraw(version=programme.versions.get(number=1), as_of=NOON)


def test_a_draft_is_discarded_and_a_version_never(programme, draft):
    discard(version=draft)
    discard(version=draft)  # the second of two clicks

    assert not programme.versions.filter(number=None).exists()
    with pytest.raises(AlreadyPublished):
        discard(version=programme.versions.get())


class TestOpening:
    def test_a_programme_is_made_opened_and_closed(self):
        names = {"en": {"one": "star", "other": "stars"}}
        made = create_programme(
            preset="starter",
            choices=Choices(code="second", name="Second"),
            unit_names=names,
            starts_on=NOON.date(),
            as_of=NOON,
        )

        settings = made.versions.get().definition["settings"]
        assert settings["unit_names"]["en"] == names["en"]
        assert "uk" in settings["unit_names"]
        assert (made.status, made.starts_on) == (Programme.Status.DRAFT, NOON.date())
        with pytest.raises(NotLive):
            close_programme(programme=made)
        assert open_programme(programme=made).status == Programme.Status.LIVE
        with pytest.raises(NotADraft):
            open_programme(programme=made)
        assert close_programme(programme=made).status == Programme.Status.CLOSED
        with pytest.raises(NotADraft):
            open_programme(programme=made)

    def test_needs_rules_that_are_published(self, programme):
        Programme.objects.update(status=Programme.Status.DRAFT)
        ProgrammeVersion.objects.all().delete()

        with pytest.raises(NothingPublished):
            open_programme(programme=programme)
