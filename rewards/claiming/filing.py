"""Filing a claim: each article once, whoever claims it, and whoever is quicker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.models import ClaimedSerial, ClaimProof, Member, Partner, SellOutClaim
from rewards.claiming.moving import TO_REVIEW, State, lock_claim, record_move
from rewards.claiming.proofs import (
    PROOFS_MAX,
    GivenProof,
    JudgedProof,
    ProofRefused,
    TooManyProofs,
    find_same,
    judge_proofs,
    keep_proofs,
)
from rewards.claiming.serials import normalise, read_serials

SOLD_WITHIN = timedelta(days=366)


class NoSerials(ValueError):
    """A claim names at least one article."""

    code = "no_serials"


class SoldInFuture(ValueError):
    """What was not sold yet cannot be claimed."""

    code = "sold_in_future"


class TooLongAgo(ValueError):
    """The sale is too old to be claimed."""

    code = "sold_too_long_ago"


class NotActive(Exception):
    """Only who is on the team, as head buyer or buyer, files a claim."""

    code = "member_not_active"


class SerialsTaken(Exception):
    """Somebody claimed these articles already. Who it was is not told."""

    code = "serials_taken"

    def __init__(self, serials: Sequence[str]) -> None:
        said = ngettext(
            "This serial number is claimed already: %(serials)s.",
            "These serial numbers are claimed already: %(serials)s.",
            len(serials),
        )
        super().__init__(said % {"serials": ", ".join(serials)})
        self.serials = list(serials)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDraft:
    """What a member claims to have sold on; ``request_id`` makes a second post the same."""

    request_id: UUID
    sku: str
    sold_on: date
    document: str
    serials: Sequence[str]
    note: str = ""
    proofs: Sequence[GivenProof] = ()


def file_claim(*, member: Member, draft: ClaimDraft, today: date, at: datetime) -> SellOutClaim:
    """
    Keep a claim with its serial numbers and proofs, to be reviewed.

    Filed again with the same ``request_id`` it is the first one.

    :param today: The local day, after which nothing was sold yet.
    :raises NotActive: If the member is not, or only looks on.
    :raises NoSerials: If it names no article.
    :raises SerialsRefused: If serial numbers are not usable, or one stands twice.
    :raises SoldInFuture: If it is of a day to come.
    :raises TooLongAgo: If it is of a day more than a year ago.
    :raises ProofRefused: If a file is not one we take.
    :raises SerialsTaken: If an article is claimed by a claim that stands.
    """
    earlier = _find_earlier(member, draft)
    if earlier is not None:
        return earlier
    serials = read_serials(draft.serials)
    if not serials:
        raise NoSerials(_("Write at least one serial number."))
    if draft.sold_on > today:
        raise SoldInFuture(_("This day is still to come."))
    if draft.sold_on < today - SOLD_WITHIN:
        raise TooLongAgo(_("A sale can be claimed for a year."))
    proofs = judge_proofs(draft.proofs)
    with transaction.atomic():
        [locked] = Partner.objects.lock_and_read([member.partner_id]).values()
        if earlier := _find_earlier(member, draft):
            return earlier
        _check_who(member, locked)
        return _create(member, draft, serials, proofs, at)


def add_proof(*, claim: SellOutClaim, proof: GivenProof, at: datetime) -> ClaimProof:
    """
    Keep one more proof of a claim that waits for its review. The same file again is the first one.

    :raises ProofRefused: If it is not a file we take, or the claim is decided already.
    :raises TooManyProofs: If the claim has as many as it may have.
    """
    [judged] = judge_proofs([proof])
    with transaction.atomic():
        locked = lock_claim(claim)
        if same := find_same(judged, claim=locked):
            return same
        if locked.state not in TO_REVIEW:
            said = _("A proof is added while the claim waits for its review.")
            raise ProofRefused("claim_decided", said)
        if locked.proofs.count() >= PROOFS_MAX:
            raise TooManyProofs
        [kept] = keep_proofs([judged], claim=locked, at=at)
        return kept


def _find_earlier(member: Member, draft: ClaimDraft) -> SellOutClaim | None:
    claims = SellOutClaim.objects.filter(member=member, request_id=draft.request_id)
    return claims.first()


def _check_who(member: Member, partner: Partner) -> None:
    team = Member.objects.active().filter(pk=member.pk).exclude(role=Member.Role.VIEWER)
    if partner.status == Partner.Status.CLOSED or not team.exists():
        raise NotActive(_("Only a head buyer or a buyer of an open company files claims."))


def _create(
    member: Member,
    draft: ClaimDraft,
    serials: Sequence[str],
    proofs: Sequence[JudgedProof],
    at: datetime,
) -> SellOutClaim:
    claim = SellOutClaim.objects.create(
        partner_id=member.partner_id,
        member=member,
        request_id=draft.request_id,
        sku=draft.sku.strip(),
        sold_on=draft.sold_on,
        document=draft.document.strip(),
        note=draft.note.strip(),
        filed_at=at,
    )
    claim_serials(claim, serials)
    record_move(claim, "", to_state=State.PENDING, member=member, at=at)
    keep_proofs(proofs, claim=claim, at=at)
    return claim


def claim_serials(claim: SellOutClaim, serials: Sequence[str]) -> None:
    """
    Let the claim stand for these articles, which nobody else can claim then.

    :raises SerialsTaken: If somebody did already, or is quicker just now.
    """
    sku = normalise(claim.sku)
    try:
        with transaction.atomic():
            # In one order for everybody, so that two forms never wait for each other.
            ClaimedSerial.objects.bulk_create(
                ClaimedSerial(claim=claim, sku=sku, serial=serial) for serial in sorted(serials)
            )
    except IntegrityError as error:
        standing = ClaimedSerial.objects.filter(sku=sku, serial__in=serials, stands=True)
        taken = set(standing.values_list("serial", flat=True))
        raise SerialsTaken([serial for serial in serials if serial in taken]) from error
