"""Mails to people, each in their own language: plain text, and the same dressed as a page."""

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from partners.models import Invitation


def mail_invitation(invitation: Invitation, token: str, *, site: str) -> None:
    """
    Send the link of an invitation. Load partner and inviter with it.

    :param site: Where the portal is, such as ``https://club.example``.
    """
    with translation.override(invitation.language):
        company = " ".join(invitation.partner.legal_name.split())
        context = {
            "invitation": invitation,
            "company": company,
            "inviter": invitation.invited_by.name if invitation.invited_by else "",
            "link": f"{site.rstrip('/')}{reverse('partners:invitation', args=[token])}",
            "language": invitation.language,
        }
        mail = EmailMultiAlternatives(
            subject=_("Invitation to the team of %(company)s") % {"company": company},
            body=render_to_string("mail/invitation.txt", context),
            to=[invitation.email],
        )
        mail.attach_alternative(render_to_string("mail/invitation.html", context), "text/html")
    mail.send()
