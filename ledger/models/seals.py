"""Seals: the journal in hash-chained blocks, so that a copy can be verified without us."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.models.accounts import Account


class Seal(models.Model):
    """
    A block of the journal: all transfers from ``first_transfer_id`` to ``last_transfer_id``.

    Append-only. ``root`` is the Merkle root over the block's accounts, ``journal`` covers its
    transfers in order, and ``digest`` both, bounds, number, time and the digest of the block before.
    """

    number = models.PositiveIntegerField(_("number"), unique=True)
    first_transfer_id = models.BigIntegerField(_("first transfer"), unique=True)
    last_transfer_id = models.BigIntegerField(_("last transfer"), unique=True)
    transfers = models.PositiveIntegerField(_("transfers"))
    accounts = models.PositiveIntegerField(_("accounts"))
    root = models.CharField(_("root"), max_length=64)
    journal = models.CharField(_("digest of the transfers"), max_length=64)
    previous = models.CharField(_("digest before"), max_length=64, unique=True)
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    sealed_at = models.DateTimeField(_("sealed at"))

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ledger_seal_covers_a_range",
                condition=Q(last_transfer_id__gte=F("first_transfer_id"), transfers__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"seal {self.number}"


class SealedAccount(models.Model):
    """
    What a seal says of one account that moved in its block: how often and what it then had.

    Append-only. ``transfers`` counts from the account's beginning, so that nothing can be left out
    of a copy. ``balance`` is signed as the account sees it; for the house it is credits - debits.
    ``key`` is the account's place in the tree, ``leaf`` the digest of what the seal says of it.
    """

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="sealed_accounts")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="seals")
    transfers = models.BigIntegerField(_("transfers so far"))
    balance = models.BigIntegerField(_("balance then"))
    last_transfer_id = models.BigIntegerField(_("last transfer"))
    last_posted_at = models.DateTimeField(_("last posted at"))
    key = models.CharField(_("key"), max_length=64)
    leaf = models.CharField(_("leaf"), max_length=64)

    class Meta:
        verbose_name = _("sealed account")
        verbose_name_plural = _("sealed accounts")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "seal"], name="ledger_sealedaccount_once_a_seal"
            ),
        ]

    def __str__(self) -> str:
        return f"account {self.account_id} in seal {self.seal_id}"
