"""How the admin names accounts and amounts, and what each kind of transfer means."""

from datetime import datetime
from typing import Any, Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.models import Account, Correction, Hold, Transfer, Unit
from ledger.wording import say_amount
from partners.doors.showing import NOTHING, Labels, language, link_to, say_time

TransferKind, AccountKind = Transfer.Kind, Account.Kind

# What the reader has to know about a kind, in one or two sentences.
MEANINGS: Final[dict[str, Any]] = {
    TransferKind.EARN: gettext_lazy("An award. It can be spent at once."),
    TransferKind.PEND: gettext_lazy(
        "An award that waits, usually for a payment or a return window. It cannot be spent yet."
    ),
    TransferKind.MATURE: gettext_lazy("A waiting award became available."),
    TransferKind.CANCEL_PENDING: gettext_lazy("A waiting award was cancelled before it counted."),
    TransferKind.REDEEM: gettext_lazy("The price of a reward."),
    TransferKind.REFUND: gettext_lazy(
        "The price of a reward came back, with the expiry that it had before."
    ),
    TransferKind.SHARE: gettext_lazy(
        "The head buyer shared from the pool. What was shared keeps its expiry."
    ),
    TransferKind.UNSHARE: gettext_lazy("What was shared went back to the pool."),
    TransferKind.CLAW_BACK: gettext_lazy("An award was taken back, usually after a return."),
    TransferKind.INCUR_DEBT: gettext_lazy(
        "An award had to be taken back after it was spent. The partner owes it since."
    ),
    TransferKind.REPAY_DEBT: gettext_lazy("A credit repaid what the partner owed."),
    TransferKind.FORGIVE_DEBT: gettext_lazy("Somebody let the partner off what it owed."),
    TransferKind.EXPIRE: gettext_lazy("It was not spent in time."),
    TransferKind.REINSTATE: gettext_lazy("What had expired came back, with a new expiry."),
    TransferKind.ADJUST: gettext_lazy("A correction by hand."),
    TransferKind.REVERSE: gettext_lazy("It undoes an earlier transfer, whole or in part."),
    TransferKind.OPEN: gettext_lazy("What the partner had before this programme kept the books."),
    TransferKind.MERGE: gettext_lazy(
        "Two partners became one, and the balance moved along. It keeps its expiry."
    ),
    TransferKind.LEAVE: gettext_lazy(
        "Somebody left the team. What was in the wallet went back to the pool, with its expiry."
    ),
}
TRANSFER_LABELS: Final = Labels(
    {
        "claw_back": "warning",
        "expire": "warning",
        "incur_debt": "danger",
        "adjust": "info",
        "reverse": "info",
        "reinstate": "info",
        "forgive_debt": "info",
    }
)
CORRECTION_LABELS: Final = Labels({"waiting": "warning", "posted": "success", "declined": "danger"})
HOLD_LABELS: Final = Labels({"open": "info", "captured": "success", "lapsed": "warning"})
OWNED: Final[dict[str, Any]] = {
    AccountKind.POOL: gettext_lazy("Pool of %(owner)s"),
    AccountKind.PENDING: gettext_lazy("Pending awards of %(owner)s"),
    AccountKind.DEBT: gettext_lazy("Debt of %(owner)s"),
    AccountKind.WALLET: gettext_lazy("Wallet of %(owner)s"),
}


def say(amount: int, unit: Unit) -> str:
    return say_amount(amount, unit, language())


def say_signed(amount: int, unit: Unit) -> str:
    """Write a movement as an account sees it, with its sign."""
    return f"{'+' if amount > 0 else '−'}{say(abs(amount), unit)}"


def say_net(amount: int, unit: Unit) -> str:
    """Write what may be below zero: the programme's side counts credits minus debits."""
    return say(amount, unit) if amount >= 0 else f"−{say(-amount, unit)}"


def say_account(account: Account) -> str:
    """Name an account for people; load unit, partner and member with it."""
    if account.is_house:
        return _("%(kind)s, the programme's side") % {"kind": account.get_kind_display()}
    return OWNED[account.kind] % {"owner": say_holder(account)}


def say_holder(account: Account) -> str:
    if account.member is not None:
        return f"{account.member.person.name}, {account.partner}"
    return str(account.partner) if account.partner is not None else _("The programme's own side")


def link_account(account: Account) -> SafeString | str:
    return link_to(account, say_account(account))


def say_expiry(expires_at: datetime | None) -> str:
    return say_time(expires_at) if expires_at else _("Never")


def say_transfer(transfer: Transfer) -> str:
    """Load the unit of the debit account and the partner with the transfer."""
    return f"#{transfer.pk} {transfer.get_kind_display()}, " + say(
        transfer.amount, transfer.debit_account.unit
    )


def say_correction(correction: Correction) -> str:
    """``#7 Credit of 120 points, Corner Shop``; load the account's unit and the partner with it."""
    return _("#%(number)d %(kind)s of %(amount)s, %(partner)s") % {
        "number": correction.pk,
        "kind": correction.get_kind_display(),
        "amount": say(correction.amount, correction.account.unit),
        "partner": correction.partner.legal_name,
    }


def say_asker(correction: Correction) -> str:
    if correction.requested_by is not None:
        return correction.requested_by.name
    key = correction.requested_with
    return _("API key “%(name)s”") % {"name": key.name} if key else NOTHING


def say_hold(hold: Hold) -> str:
    """Load the account's unit and the partner with the hold."""
    return f"#{hold.pk} {say(hold.amount, hold.account.unit)}, {hold.partner.legal_name}"
