"""docs/verifying.md is enough: a verifier written from it alone, with nothing of ours, agrees."""

import json
from collections import defaultdict
from hashlib import sha256
from io import StringIO

import pytest

from ledger.exporting import statement_copy, write_journal
from ledger.models import Seal
from ledger.sealing import seal
from tests.ledger.entries import NOON, open_till, post_all
from tests.ledger.test_auditing import JUNE, MAY

pytestmark = pytest.mark.django_db

ROW = [
    "id",
    "kind",
    "debit",
    "credit",
    "partner",
    "amount",
    "occurred_at",
    "posted_at",
    "reason",
    "reference",
    "reverses",
    "batch",
    "key",
]
SEAL = [
    "number",
    "first_transfer",
    "last_transfer",
    "transfers",
    "accounts",
    "root",
    "journal",
    "sealed_at",
    "previous",
]
SIDE = [
    "transfers_before",
    "transfers_after",
    "balance_before",
    "balance_after",
    "last_posted_at",
    "rows",
]


def frames(*texts) -> bytes:
    return b"".join(b"%d:%s," % (len(str(one).encode()), str(one).encode()) for one in texts)


def digest_row(row: dict) -> bytes:
    return sha256(frames("transfer", *(row[name] for name in ROW))).digest()


def digest_content(account: str, side: dict) -> str:
    return sha256(frames("account", account, *(side[name] for name in SIDE))).hexdigest()


def hash_leaf(key: str, following: str, content: str) -> bytes:
    return sha256(b"\0" + frames(key, following, content)).digest()


def hash_tree(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    half = 2 ** ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\1" + hash_tree(leaves[:half]) + hash_tree(leaves[half:])).digest()


def climb(proof: dict, size: int) -> str:
    """RFC 9162, 2.1.3.2."""
    place, last = proof["index"], size - 1
    reached = hash_leaf(proof["key"], proof["next"], proof["content"])
    for one in map(bytes.fromhex, proof["path"]):
        if place % 2 or place == last:
            reached = sha256(b"\1" + one + reached).digest()
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            reached = sha256(b"\1" + reached + one).digest()
        place, last = place // 2, last // 2
    assert last == 0
    return reached.hex()


def moves(account: str, row: dict) -> int:
    side = "debit" if account.startswith("debt:") else "credit"
    return row["amount"] if row[side] == account else -row["amount"]


def seal_of(transfers: list[dict], counts: dict, balances: dict) -> tuple[str, str, int]:
    """Return root, journal and number of accounts of a block; count on from the block before."""
    rows, contents = defaultdict(list), []
    for row in transfers:
        for account in {row["debit"], row["credit"]}:
            rows[account].append(row)
    for account, own in rows.items():
        side = {
            "transfers_before": counts[account],
            "transfers_after": counts[account] + len(own),
            "balance_before": balances[account],
            "balance_after": balances[account] + sum(moves(account, row) for row in own),
            "last_posted_at": own[-1]["posted_at"],
            "rows": sha256(b"".join(map(digest_row, own))).hexdigest(),
        }
        counts[account], balances[account] = side["transfers_after"], side["balance_after"]
        contents.append((sha256(account.encode()).hexdigest(), digest_content(account, side)))
    contents.sort()
    keys = [key for key, _content in contents]
    following = [*keys[1:], keys[0]]
    leaves = [
        hash_leaf(key, after, said) for (key, said), after in zip(contents, following, strict=True)
    ]
    journal = sha256(b"".join(map(digest_row, transfers))).hexdigest()
    return hash_tree(leaves).hex(), journal, len(leaves)


@pytest.fixture
def tills():
    tills = [open_till()]
    tills += [open_till(unit=tills[0].unit) for _number in range(6)]
    for at in (NOON, MAY):
        for number, till in enumerate(tills[: 5 if at == NOON else 7]):
            post_all(till.earn(100 + number, reference="ö-1"), at=at)
            post_all(till.claw_back(250), at=at)
        seal(as_of=at)
    post_all(tills[1].earn(400), at=JUNE)
    seal(as_of=JUNE)
    return tills


def test_a_journal_can_be_verified_from_the_documentation(tills):
    text = StringIO()
    write_journal(text)

    block, counts, balances, previous, seals = [], defaultdict(int), defaultdict(int), "0" * 64, 0
    for line in map(json.loads, text.getvalue().splitlines()):
        if "transfer" in line:
            block.append(line["transfer"])
        elif "seal" in line:
            said = line["seal"]
            root, journal, accounts = seal_of(block, counts, balances)
            assert (said["root"], said["journal"], said["accounts"]) == (root, journal, accounts)
            assert (said["transfers"], said["previous"]) == (len(block), previous)
            previous = sha256(frames("seal", *(said[name] for name in SEAL))).hexdigest()
            assert said["digest"] == previous
            block, seals = [], seals + 1

    assert seals == 3
    assert previous == Seal.objects.get(number=3).digest


def test_a_statement_can_be_verified_from_the_documentation(tills):
    for till in (tills[0], tills[1], tills[6]):
        pieces = statement_copy(account=till.debt, from_at=MAY, until_at=JUNE)
        copy = json.loads("".join(pieces))
        account, key = copy["account"], sha256(copy["account"].encode()).hexdigest()
        balance = count = 0
        for block in copy["blocks"]:
            size, root = block["seal"]["accounts"], block["seal"]["root"]
            if "side" in block:
                own = block.get("transfers", [])
                side = block["side"]
                if "transfers" in block:
                    side |= {"rows": sha256(b"".join(map(digest_row, own))).hexdigest()}
                    assert (side["transfers_before"], side["balance_before"]) == (count, balance)
                assert block["proof"]["key"] == key
                assert block["proof"]["content"] == digest_content(account, side)
                assert climb(block["proof"], size) == root
                count, balance = side["transfers_after"], side["balance_after"]
            elif "absent" in block:
                proof = block["absent"]
                inside = proof["key"] < key < proof["next"]
                around = proof["next"] <= proof["key"] and not proof["next"] <= key <= proof["key"]
                assert inside or around
                assert climb(proof, size) == root
        assert copy["blocks"][-1]["seal"]["digest"] == Seal.objects.get(number=3).digest
        assert copy["opening"] + copy["credited"] - copy["debited"] == copy["closing"]
