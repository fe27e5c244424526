"""How many mails a company may send in a day, and how many one mailbox gets from all of them."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from partners.models import InvitationMail, Partner

DAY = timedelta(days=1)
MAILS_OF_COMPANY_A_DAY = 50
MAILS_TO_ADDRESS_A_DAY = 5


class TooManyInvitations(Exception):
    """The company, or somebody's mailbox, had enough of them today. Which one is not told."""

    code = "too_many_invitations"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(_("No more invitations can be sent today. Try again tomorrow."))
        self.retry_after = retry_after


def refuse_too_many(partner: Partner, email: str, at: datetime) -> None:
    """
    Let a mail go out, as long as neither the company nor the mailbox had enough of them.

    :raises TooManyInvitations: If one of them had; which one is not told.
    """
    today = InvitationMail.objects.filter(sent_at__gt=at - DAY).order_by("-sent_at")
    limits = (
        (today.filter(invitation__partner=partner), MAILS_OF_COMPANY_A_DAY),
        (today.filter(invitation__email=email), MAILS_TO_ADDRESS_A_DAY),
    )
    for mails, most in limits:
        sent = list(mails.values_list("sent_at", flat=True)[:most])
        if len(sent) == most:
            wait = sent[-1] + DAY - at
            raise TooManyInvitations(retry_after=max(1, int(wait.total_seconds())))
