"""How the ledger's accounts are called in the seller's books."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.models.accounts import Account, Unit


class AccountCode(models.Model):
    """The code of a kind of account in the seller's books; a unit may have its own."""

    unit = models.ForeignKey(
        Unit,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="account_codes",
        verbose_name=_("unit"),
        help_text=_("Empty for all units without a code of their own."),
    )
    account_kind = models.CharField(
        _("kind of account"), max_length=16, choices=Account.Kind.choices
    )
    code = models.CharField(_("code in the books"), max_length=32)
    name = models.CharField(_("name"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("account code")
        verbose_name_plural = _("account codes")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["unit", "account_kind"], name="ledger_accountcode_one_a_unit_and_kind"
            ),
            models.UniqueConstraint(
                fields=["account_kind"],
                condition=Q(unit__isnull=True),
                name="ledger_accountcode_one_default_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.account_kind}"
