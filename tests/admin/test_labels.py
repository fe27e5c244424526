"""Labels of states and kinds: in words, whether they have a colour or not."""

import pytest
from unfold.utils import display_for_label

from ledger.admin.wording import CORRECTION_LABELS, HOLD_LABELS, TRANSFER_LABELS
from ledger.models import Correction, Hold, Transfer
from rewards.admin.redemptions import STATE_LABELS
from rewards.models import Redemption

SHOWN = [
    (code, label, labels)
    for choices, labels in [
        (Transfer.Kind, TRANSFER_LABELS),
        (Correction.State, CORRECTION_LABELS),
        (Hold.State, HOLD_LABELS),
        (Redemption.State, STATE_LABELS),
    ]
    for code, label in choices.choices
]


@pytest.mark.parametrize(("code", "label", "labels"), SHOWN, ids=lambda value: str(value)[:20])
def test_a_label_is_shown_in_words(code, label, labels):
    assert str(label) in display_for_label((code, label), "-", labels)
