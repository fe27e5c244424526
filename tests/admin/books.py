"""A row of everything that stands beside the journal: holds, corrections, lists, seals."""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

from ledger.models import (
    Account,
    AccountCode,
    Correction,
    CorrectionLimit,
    CorrectionReason,
    Hold,
    HoldSlice,
    Lot,
    LotExtension,
    Seal,
    Transfer,
    Unit,
)
from partners.models import Person

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def add_row_of_each(*, pool: Account, transfer: Transfer, lot: Lot, person: Person) -> None:
    code = uuid.uuid4().hex[:12]
    hold = Hold.objects.create(
        idempotency_key=f"hold-{code}",
        account=pool,
        partner=pool.partner,
        amount=1,
        placed_at=NOON,
        lapses_at=NOON + timedelta(days=30),
    )
    HoldSlice.objects.create(hold=hold, lot=lot, amount=1)
    LotExtension.objects.create(
        lot=lot,
        expired_before=NOON,
        expires_at=NOON + timedelta(days=30),
        extended_at=NOON,
    )
    reason = CorrectionReason.objects.create(code=f"reason-{code}", name=f"Reason {code}")
    Correction.objects.create(
        request_key=f"correction-{code}",
        kind=Correction.Kind.REVERSAL,
        door=Correction.Door.ADMIN,
        partner=pool.partner,
        account=pool,
        corrects=transfer,
        amount=1,
        reason=reason,
        requested_by=person,
        requested_at=NOON,
    )
    unit = Unit.objects.create(code=f"unit-{code}", kind=Unit.Kind.POINTS)
    CorrectionLimit.objects.create(role="finance", unit=unit, per_correction=5, per_day=10)
    AccountCode.objects.create(unit=unit, account_kind=Account.Kind.POOL, code="3310")
    add_seal()


def add_seal() -> Seal:
    """The next seal; its bounds stand apart from those of others."""
    number = Seal.objects.count() + 1
    before = hashlib.sha256(str(number).encode()).hexdigest()
    return Seal.objects.create(
        number=number,
        first_transfer_id=10 * number,
        last_transfer_id=10 * number + 9,
        transfers=10,
        accounts=2,
        root="0" * 64,
        previous=before,
        digest=hashlib.sha256(before.encode()).hexdigest(),
        sealed_at=NOON,
    )
