"""
Every table with words in it: which of its rows are about a person, and which words go.

A new model with a text column stands either here or among ``FREE``, or a test fails.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, QuerySet

from rewards.erasing.subject import Subject

NOBODY = "erased.invalid"
SECRETS = frozenset({"password", "secret_hash", "token_hash", "session_data", "session_key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """
    A table that may hold words about a person.

    ``about`` finds the rows that are about them: these are exported, and of these the columns of
    ``replaced`` go. In the columns of ``swept`` names and addresses are looked for in every row.
    ``company`` leads to the company whose texts these are, where they are one company's.
    Rows of a ``deleted`` place go altogether. ``emptied`` finds fewer rows than ``about`` where
    what they did for the seller is exported, but stays on record.
    """

    model: str
    about: Callable[[Subject], Q] | None = None
    emptied: Callable[[Subject], Q] | None = None
    replaced: Mapping[str, Any] = field(default_factory=dict)
    swept: tuple[str, ...] = ()
    company: str = ""
    deleted: bool = False

    @property
    def table(self) -> type[Model]:
        return apps.get_model(self.model)

    def rows(self, subject: Subject) -> QuerySet[Any]:
        """Return the rows about the person."""
        return self._find(self.about, subject)

    def rows_to_empty(self, subject: Subject) -> QuerySet[Any]:
        return self._find(self.emptied or self.about, subject)

    def _find(self, which: Callable[[Subject], Q] | None, subject: Subject) -> QuerySet[Any]:
        rows = self.table._default_manager.order_by("pk")
        return rows.none() if which is None else rows.filter(which(subject)).distinct()


def is_person(*paths: str) -> Callable[[Subject], Q]:
    """One of these columns points to the person."""

    def about(subject: Subject) -> Q:
        found = Q()
        for path in paths:
            found |= Q(**{path: subject.person.pk})
        return found

    return about


def is_member(*paths: str, by: tuple[str, ...] = ()) -> Callable[[Subject], Q]:
    """One of these columns points to a membership of theirs, or one of ``by`` to the person."""

    def about(subject: Subject) -> Q:
        found = Q()
        for path in paths:
            found |= Q(**{f"{path}__in": subject.member_ids})
        for path in by:
            found |= Q(**{path: subject.person.pk})
        return found

    return about


def _invited(subject: Subject) -> Q:
    return Q(email__in=subject.emails) | Q(member__in=subject.member_ids)


def _logged_about(subject: Subject) -> Q:
    """What was done to them in the admin."""
    as_person = Q(content_type__model="person", object_id=str(subject.person.pk))
    as_member = Q(
        content_type__model="member", object_id__in=[str(pk) for pk in subject.member_ids]
    )
    return Q(content_type__app_label="partners") & (as_person | as_member)


def _logged(subject: Subject) -> Q:
    """What was done to them, and what they did."""
    return Q(user=subject.person.pk) | _logged_about(subject)


def _answered(subject: Subject) -> Q:
    return Q(caller__in=[f"member:{pk}" for pk in subject.member_ids])


PLACES: tuple[Place, ...] = (
    # Who they are and how they sign in. The person's own row is emptied by hand, see doing.py.
    Place(model="partners.Person", about=lambda subject: Q(pk=subject.person.pk)),
    Place(model="partners.Member", about=is_member("pk"), replaced={"job_title": ""}),
    Place(
        model="partners.Invitation",
        about=_invited,
        replaced={"email": f"nobody@{NOBODY}", "name": "", "job_title": ""},
    ),
    Place(model="account.EmailAddress", about=is_person("user"), deleted=True),
    Place(model="account.EmailConfirmation", about=is_person("email_address__user"), deleted=True),
    Place(model="mfa.Authenticator", about=is_person("user"), deleted=True),
    # What they did and got, and what was said about it.
    Place(
        model="rewards.Redemption",
        about=is_member("member"),
        replaced={"details": {}},
        swept=("delivery",),
        company="partner",
    ),
    Place(
        model="rewards.RedemptionMove",
        about=is_member("redemption__member", by=("by",)),
        replaced={"reason": ""},
    ),
    Place(
        model="rewards.Entitlement",
        about=is_member("redemption__member"),
        swept=("value",),
        company="partner",
    ),
    Place(
        model="rewards.Share",
        about=is_member("shared_by"),
        replaced={"reason": ""},
        swept=("reason",),
        company="partner",
    ),
    Place(
        model="rewards.SharePart",
        about=is_member("member", "share__shared_by"),
        replaced={"note": ""},
        swept=("note",),
        company="share__partner",
    ),
    Place(
        model="partners.SellOutClaim",
        about=is_member("member"),
        replaced={"document": "", "note": ""},
    ),
    Place(model="partners.ClaimedSerial", about=is_member("claim__member")),
    Place(
        model="partners.ClaimProof",
        about=is_member("claim__member"),
        replaced={"name": "", "stored_as": "", "digest": ""},
    ),
    Place(
        model="partners.ClaimMove",
        about=is_member("claim__member", "by_member", by=("by_person",)),
        replaced={"note": ""},
        swept=("note",),
        company="claim__partner",
    ),
    Place(
        model="partners.Activity",
        about=is_member("member"),
        swept=("attributes",),
        company="partner",
    ),
    Place(model="partners.Event", about=is_member("member", by=("actor",))),
    # The books: codes and opaque ids, of which only corrections have words.
    Place(
        model="ledger.Correction",
        about=is_member("account__member", by=("requested_by", "decided_by")),
        replaced={"note": "", "decision_note": ""},
        swept=("note", "decision_note", "reference"),
        company="partner",
    ),
    Place(model="ledger.Account", about=is_member("member")),
    Place(
        model="ledger.Transfer", about=is_member("debit_account__member", "credit_account__member")
    ),
    Place(model="ledger.Hold", about=is_member("account__member")),
    # What they left behind while working for the seller.
    Place(
        model="admin.LogEntry",
        about=_logged,
        emptied=_logged_about,
        replaced={"object_repr": "", "change_message": ""},
        swept=("object_repr", "change_message"),
    ),
    Place(model="partners.ApiKey", about=is_person("created_by"), swept=("name",)),
    Place(
        model="partners.ImportRun",
        about=is_person("started_by"),
        swept=("file_name", "report", "error"),
    ),
    Place(model="partners.SourceMapping", about=is_person("saved_by"), swept=("content",)),
    Place(
        model="partners.ParkedDocument",
        about=is_person("matched_by", "dismissed_by"),
        swept=("partner_ref", "content", "dismiss_reason"),
        company="matched_partner",
    ),
    Place(model="partners.MatchingRule", about=is_person("made_by"), swept=("value",)),
    Place(
        model="partners.PartnerMerge",
        about=is_person("merged_by", "undone_by"),
        swept=("reason", "changes"),
        company="kept",
    ),
    Place(
        model="rewards.EarningApprover",
        about=is_member("member", by=("named_by",)),
        emptied=is_member("member"),
    ),
    Place(
        model="rewards.EarningConsent",
        about=is_member("member", "approver", by=("withdrawn_by",)),
        emptied=is_member("member"),
        swept=("terms",),
    ),
    Place(model="rewards.ProgrammeVersion", about=is_person("published_by"), swept=("note",)),
    Place(model="partners.ExchangeRate", about=is_person("recorded_by")),
    Place(model="partners.WaitingReference", about=is_person("given_up_by")),
    Place(model="partners.Erasure", about=is_person("person", "asked_by")),
    # Words of others, in which they may be named.
    Place(model="partners.ImportRow", swept=("value", "content")),
    Place(model="partners.Contract", swept=("note",), company="partner"),
    Place(model="partners.RememberedAnswer", about=_answered, replaced={"body": "{}"}),
    Place(model="partners.JobRun", swept=("error",)),
    # Sessions say whose they are only when opened, see doing.py.
    Place(model="sessions.Session"),
)

# Words, but none about people: codes, products, settings, the company's own name, hashes.
FREE: frozenset[str] = frozenset(
    {
        "auth.Group",
        "auth.Permission",
        "contenttypes.ContentType",
        "ledger.AccountCode",
        "ledger.CorrectionLimit",
        "ledger.CorrectionReason",
        "ledger.LotExtension",
        "ledger.Seal",
        "ledger.SealedAccount",
        "ledger.Unit",
        "partners.ActivityLine",
        "partners.ConvertedAmount",
        "partners.OwnKind",
        "partners.Partner",
        "partners.PartnerNumber",
        "partners.Tag",
        "rewards.Award",
        "rewards.CampaignBudget",
        "rewards.ClawBack",
        "rewards.Programme",
        "rewards.Reward",
        "rewards.RewardCode",
        "rewards.Segment",
        "rewards.SegmentPlace",
        "rewards.Standing",
        "rewards.TierChange",
    }
)
