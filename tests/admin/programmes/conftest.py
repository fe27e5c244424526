"""A programme and a draft of its rules."""

import pytest

from rewards.models import ProgrammeVersion
from tests.admin.programmes.pages import page
from tests.rewards.cast import make_programme
from tests.rewards.programmes.rules import DOCUMENT


@pytest.fixture
def programme(root):
    programme = make_programme()
    programme.versions.update(definition=DOCUMENT)
    return programme


@pytest.fixture
def draft(client, programme):
    client.post(f"/admin/rewards/programme/{programme.pk}/edit_rules/")
    return programme.versions.get(number=None)


@pytest.fixture
def post(client):
    """``post(version, name, *more, **data)``: press a button, having seen the draft as it is."""

    def send(version, name, *more, **data):
        edits = ProgrammeVersion.objects.values_list("edits", flat=True).get(pk=version.pk)
        return client.post(page(version, name, *more), {"edits": edits, **data})

    return send
