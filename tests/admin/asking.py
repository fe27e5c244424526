"""How the tests ask for corrections on the pages of the admin, and read what they answer."""

import uuid

from django.contrib.messages import get_messages

from ledger.models import CorrectionReason


def said(answer):
    return [str(message) for message in get_messages(answer.wsgi_request)]


def of_account(account, step):
    return f"/admin/ledger/account/{account.pk}/{step}/"


def of_transfer(transfer, step):
    return f"/admin/ledger/transfer/{transfer.pk}/{step}/"


def of_correction(correction, step):
    return f"/admin/ledger/correction/{correction.pk}/{step}/"


def reason(code="goodwill"):
    return CorrectionReason.objects.get(code=code).pk


def fill(**fields):
    return {
        "request_id": str(uuid.uuid4()),
        "way": "credit",
        "amount": "40",
        "reason": reason(),
        "note": "A late parcel",
        "last_day": "",
        **fields,
    }


def send(client, url, fields):
    """Preview, then send exactly what was shown."""
    preview = client.post(url, {**fields, "preview": "1"})
    assert preview.context["previews"], preview.context["form"].errors
    return client.post(url, {**fields, "confirmed": "1", "seen": preview.context["seen"]})
