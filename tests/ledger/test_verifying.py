"""A copy that was made to be believed by somebody who cannot ask us."""

import contextlib
import copy as copying
import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ledger.blocks import Block, Standing
from ledger.digests import FIRST_LINK, JournalRow, SealedSide, SealHeader, digest_text
from ledger.exporting import as_header, statement_copy, write_journal
from ledger.merkle import Leaf, Proof, Tree, find_root
from ledger.models import Seal
from ledger.sealing import seal
from ledger.statements import read_statement
from ledger.verifying import FileReport, NotVerifiable, verify_file
from tests.ledger.entries import Till, open_till, post_all

pytestmark = pytest.mark.django_db

FEBRUARY = datetime(2026, 2, 1, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ROOT = Path(__file__).parents[2]

Document = dict[str, Any]
Line = dict[str, Any]


# What only changes a copy says nothing about databases.
once = pytest.mark.once("SQLite")


@pytest.fixture
def till() -> Till:
    """Sealed on five nights; the account moved in the first, second and fourth block, and since."""
    till = open_till()
    other = open_till(unit=till.unit)
    post_all(till.earn(100), till.earn(7), other.earn(40), at=FEBRUARY)
    seal(as_of=FEBRUARY)
    post_all(till.redeem(30), till.earn(50, reference="o-2"), other.earn(2), at=MARCH + DAY)
    post_all(till.redeem(5), at=MARCH + 2 * DAY)
    seal(as_of=MARCH + 3 * DAY)
    post_all(other.redeem(10), at=MARCH + 4 * DAY)
    seal(as_of=MARCH + 5 * DAY)
    post_all(till.redeem(1), till.earn(9), other.redeem(1), at=MARCH + 6 * DAY)
    seal(as_of=MARCH + 7 * DAY)
    post_all(other.redeem(2), at=MARCH + 8 * DAY)
    seal(as_of=MARCH + 9 * DAY)
    post_all(till.redeem(3), at=MARCH + 10 * DAY)
    return till


@pytest.fixture(scope="module")
def made_once() -> dict[str, str]:
    """The copies as texts: whoever changes one needs no new ledger to copy."""
    return {}


@pytest.fixture
def statement(request, made_once) -> Document:
    if "statement" not in made_once:
        made_once["statement"] = json.dumps(copy_of(request.getfixturevalue("till")))
    return json.loads(made_once["statement"])


@pytest.fixture
def journal(request, made_once) -> list[Line]:
    if "journal" not in made_once:
        request.getfixturevalue("till")
        made_once["journal"] = write_text()
    return [json.loads(line) for line in made_once["journal"].splitlines()]


def write_text() -> str:
    text = StringIO()
    write_journal(text)
    return text.getvalue()


def copy_of(till: Till, from_at: datetime = MARCH, until_at: datetime = APRIL) -> Document:
    pieces = statement_copy(account=till.pool, from_at=from_at, until_at=until_at)
    return json.loads("".join(pieces))


@pytest.fixture
def verify(tmp_path) -> Callable[..., FileReport]:
    def verify(
        content: Document | list[Line] | bytes, head: str | None = None, **options: bool
    ) -> FileReport:
        path = tmp_path / "copy"
        if isinstance(content, list):
            content = "".join(json.dumps(line) + "\n" for line in content).encode()
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return verify_file(path, head=head, **options)

    return verify


def of_kind(lines: list[Line], kind: str) -> list[int]:
    return [place for place, line in enumerate(lines) if kind in line]


def blocks_with(document: Document, name: str) -> list[Document]:
    return [block for block in document["blocks"] if block.get(name)]


class TestStatement:
    def test_is_true_and_complete(self, till, verify):
        report = verify(copy_of(till))

        assert report.problems == ()
        assert (report.transfers, report.unsealed, report.last_seal) == (5, 1, 5)
        assert report.digest == Seal.objects.latest("number").digest
        told = read_statement(account=till.pool, from_at=MARCH, until_at=APRIL)
        for figure in ("opening", "credited", "debited", "closing"):
            assert report.statement[figure] == getattr(told, figure)

    @pytest.mark.parametrize("first", [0, 1, 2, 6, 7, 10, 11, 40])
    @pytest.mark.parametrize("days", [1, 2, 5, 60])
    def test_is_true_for_any_period(self, till, verify, first, days):
        from_at = MARCH + first * DAY
        made = copy_of(till, from_at, from_at + days * DAY)

        assert verify(made).problems == ()
        told = read_statement(account=till.pool, from_at=from_at, until_at=from_at + days * DAY)
        assert (made["opening"], made["closing"]) == (told.opening, told.closing)

    def test_is_true_from_the_very_beginning(self, till, verify):
        assert verify(copy_of(till, datetime(2020, 1, 1, tzinfo=UTC))).transfers == 7

    def test_shows_that_an_account_never_moved(self, till, verify):
        still = open_till(unit=till.unit)

        report = verify(copy_of(still))

        assert report.problems == ()
        assert report.statement["closing"] == 0

    def test_is_true_before_anything_is_sealed(self, verify):
        till = open_till()
        post_all(till.earn(5), at=MARCH)

        report = verify(copy_of(till))

        assert (report.problems, report.unsealed, report.seals) == ((), 1, 0)

    def test_is_made_of_accounts_of_partners_only(self, till):
        with pytest.raises(ValueError, match="house"):
            statement_copy(account=till.issued, from_at=MARCH, until_at=APRIL)

    @once
    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda rows: rows.pop(), id="last of a block removed"),
            pytest.param(lambda rows: rows.pop(0), id="first of a block removed"),
            pytest.param(lambda rows: rows.append(rows[0]), id="one added"),
            pytest.param(lambda rows: rows.reverse(), id="in another order"),
            pytest.param(lambda rows: rows[0].update(amount=31), id="amount"),
            pytest.param(lambda rows: rows[0].update(kind="adjust"), id="kind"),
            pytest.param(lambda rows: rows[0].update(reference="x"), id="reference"),
            pytest.param(lambda rows: rows[0].update(reason="x"), id="reason"),
            pytest.param(lambda rows: rows[0].update(key="0" * 64), id="key"),
            pytest.param(
                lambda rows: rows[0].update(occurred_at="2026-03-01T00:00:00.000000Z"),
                id="when it happened",
            ),
            pytest.param(
                lambda rows: rows[0].update(posted_at="2026-03-02T00:00:00.000001Z"),
                id="when it was posted",
            ),
            pytest.param(
                lambda rows: rows[0].update(debit=rows[0]["credit"], credit=rows[0]["debit"]),
                id="direction",
            ),
        ],
    )
    def test_shows_a_changed_transfer(self, statement, verify, change):
        change(blocks_with(statement, "transfers")[0]["transfers"])

        report = verify(statement)

        assert any("is not what was sealed" in problem for problem in report.problems)
        assert report.problems[0].startswith("Seal 2")

    @once
    @pytest.mark.parametrize("figure", ["opening", "credited", "debited", "closing"])
    def test_shows_a_changed_total(self, statement, verify, figure):
        statement[figure] += 1

        assert f"The copy says {figure}" in verify(statement).problems[0]

    @once
    @pytest.mark.parametrize(
        "figure", ["transfers_before", "transfers_after", "balance_before", "balance_after"]
    )
    def test_shows_a_changed_figure_of_a_block(self, statement, verify, figure):
        blocks_with(statement, "transfers")[0]["side"][figure] += 1

        assert "is not what was sealed" in verify(statement).problems[0]

    @once
    def test_shows_a_changed_opening_in_the_block_before(self, statement, verify):
        statement["blocks"][0]["side"]["balance_after"] += 10
        statement["opening"] += 10
        statement["closing"] += 10

        assert verify(statement).problems[0].startswith("Seal 1: what the copy says")

    @once
    def test_shows_a_block_left_out_between(self, statement, verify):
        for name in ("side", "proof", "transfers"):
            del statement["blocks"][1][name]

        assert "a block was left out or exchanged" in " ".join(verify(statement).problems)

    @once
    def test_shows_a_block_left_out_at_the_beginning(self, statement, verify):
        del statement["blocks"][0]

        assert "nothing shows that they came before the period" in verify(statement).problems[0]

    @once
    def test_shows_transfers_left_out_at_the_end(self, statement, verify):
        last = blocks_with(statement, "transfers")[-1]
        for name in ("side", "proof", "transfers"):
            del last[name]
        statement["credited"] -= 9
        statement["debited"] -= 1
        statement["closing"] -= 8

        assert "the end of the period may be missing" in " ".join(verify(statement).problems)

    def test_shows_absence_that_is_no_absence(self, till, verify):
        """The leaf of another account does not show that ours is not there."""
        statement = copy_of(till)
        last = blocks_with(statement, "transfers")[-1]
        rows = Seal.objects.get(number=4).sealed_accounts.order_by("key")
        tree = Tree(list(rows.values_list("key", "leaf")))
        for name in ("side", "proof", "transfers"):
            del last[name]
        beside = tree.prove(
            next(key for key in tree.keys if key != digest_text(statement["account"]))
        )
        last["absent"] = {
            "key": beside.leaf.key,
            "next": beside.leaf.next,
            "content": beside.leaf.content,
            "index": beside.index,
            "path": list(beside.path),
        }

        assert "nothing shows that the account did not move" in " ".join(verify(statement).problems)

    @once
    def test_shows_a_statement_of_another_account(self, statement, verify):
        last = statement["account"][-1]
        statement["account"] = statement["account"][:-1] + ("0" if last != "0" else "1")

        assert not verify(statement).ok

    @pytest.mark.parametrize(
        "spell",
        [
            pytest.param(lambda kind, unit, owner: f"{kind}:{unit}:{owner.upper()}", id="capitals"),
            pytest.param(lambda kind, unit, owner: f"{kind}: {unit}:{owner}", id="space"),
            pytest.param(lambda kind, unit, owner: f"{kind}:{unit}:{owner}\nOk.", id="more lines"),
        ],
    )
    def test_shows_a_name_that_only_looks_like_the_account(self, till, verify, spell):
        """Nothing of that name ever moved, and every seal proves it."""
        made = copy_of(till)
        name = spell(*made["account"].split(":"))
        absent = []
        for each in Seal.objects.order_by("number"):
            sides = each.sealed_accounts.order_by("key").values_list("key", "leaf")
            proof = Tree(list(sides)).prove(digest_text(name))
            told = {"key": proof.leaf.key, "next": proof.leaf.next, "content": proof.leaf.content}
            place = {"index": proof.index, "path": list(proof.path)}
            absent.append({"seal": as_header(each).as_dict(), "absent": told | place})
        nothing = dict.fromkeys(("opening", "credited", "debited", "closing"), 0)

        with pytest.raises(NotVerifiable, match="which is no account"):
            verify(made | nothing | {"account": name, "blocks": absent, "unsealed": []})

    @once
    def test_shows_a_block_exchanged_for_another(self, statement, verify):
        statement["blocks"][2] = copying.deepcopy(statement["blocks"][1])

        assert "out of order" in " ".join(verify(statement).problems)

    @once
    def test_shows_a_changed_period(self, statement, verify):
        statement["from"] = "2026-03-02T12:00:00.000000Z"

        assert not verify(statement).ok

    @once
    def test_counts_what_nobody_vouches_for(self, statement, verify):
        statement["unsealed"].append(statement["unsealed"][0] | {"amount": 1})
        statement["debited"] += 1
        statement["closing"] -= 1

        assert verify(statement).unsealed == 2

    def test_is_tied_to_a_published_digest(self, till, verify):
        statement = copy_of(till)
        newest = Seal.objects.latest("number")

        older = Seal.objects.get(number=3)
        assert (verify(statement, newest.digest).known_seal, verify(statement).ok) == (5, True)
        assert "of seal 3, 2 before the last" in verify(statement, older.digest).problems[0]
        until_there = verify(statement, older.digest, until_head=True)
        assert (until_there.known_seal, until_there.ok) == (3, True)
        assert "the digest you gave" in verify(statement, "0" * 64).problems[0]


class TestJournal:
    def test_agrees_with_its_seals(self, till, verify):
        report = verify(write_text().encode())

        assert report.problems == ()
        assert (report.kind, report.transfers, report.unsealed) == ("journal", 12, 1)
        assert (report.seals, report.digest) == (5, Seal.objects.latest("number").digest)

    def test_may_be_empty(self, verify):
        assert verify(write_text().encode()).ok

    @once
    @pytest.mark.parametrize("field", JournalRow._fields)
    def test_shows_any_changed_field(self, journal, verify, field):
        row = journal[of_kind(journal, "transfer")[4]]["transfer"]
        changed = {
            "amount": row["amount"] + 1,
            "key": "a" * 64,
            "occurred_at": "2026-03-01T00:00:00.000001Z",
            "posted_at": "2026-03-01T00:00:00.000001Z",
        }
        row[field] = changed.get(field, f"{row[field]}x")

        assert "Seal 2: at least one of its 4 transfers was changed" in verify(journal).problems[0]

    @once
    def test_shows_a_removed_transfer(self, journal, verify):
        del journal[of_kind(journal, "transfer")[4]]

        assert verify(journal).problems[0] == (
            "Seal 2 covers 4 transfers, the file has 3 before it."
        )

    @once
    def test_shows_an_added_transfer(self, journal, verify):
        at = of_kind(journal, "transfer")[4]
        journal.insert(at, journal[at])

        assert "the file has 5 before it" in verify(journal).problems[0]

    @once
    def test_shows_two_transfers_in_another_order(self, journal, verify):
        """Also of accounts that have nothing to do with each other."""
        one, two = of_kind(journal, "transfer")[-3:-1]
        journal[one], journal[two] = journal[two], journal[one]

        assert "was changed, exchanged or moved" in verify(journal).problems[0]

    @once
    def test_shows_a_removed_block(self, journal, verify):
        first, second = of_kind(journal, "seal")[:2]
        del journal[first + 1 : second + 1]

        assert "Seal 3 follows seal 1" in verify(journal).problems[0]

    @once
    def test_shows_a_removed_seal(self, journal, verify):
        del journal[of_kind(journal, "seal")[1]]

        assert "Seal 3 follows seal 1" in verify(journal).problems[0]

    @once
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("root", "0" * 64),
            ("journal", "0" * 64),
            ("previous", "0" * 64),
            ("digest", "0" * 64),
            ("accounts", 99),
            ("transfers", 99),
            ("first_transfer", 1),
            ("sealed_at", "2020-01-01T00:00:00.000000Z"),
        ],
    )
    def test_shows_a_changed_seal(self, journal, verify, name, value):
        journal[of_kind(journal, "seal")[1]]["seal"][name] = value

        assert verify(journal).problems[0] == (
            "Seal 2: it was changed, its digest is of something else."
        )

    @once
    def test_shows_that_the_first_block_is_missing(self, journal, verify):
        del journal[1 : of_kind(journal, "seal")[0] + 1]

        assert "begins with seal 2" in verify(journal).problems[0]

    @once
    def test_shows_a_cut(self, journal, verify):
        assert "its last line is missing" in verify(journal[:-1]).problems[0]
        assert "stand behind the last seal" in " ".join(verify(journal[:3]).problems)

    @once
    def test_shows_what_stands_behind_the_end(self, journal, verify):
        assert "behind the end" in verify([*journal, journal[1]]).problems[0]

    @once
    def test_shows_wrong_counts_at_the_end(self, journal, verify):
        journal[-1]["end"]["transfers"] += 1

        assert "The end says transfers" in verify(journal).problems[0]

    @once
    def test_shows_a_forged_chain_by_the_published_digest_alone(self, journal, verify):
        """Whoever seals a forged journal anew agrees with themselves, and with nobody else."""
        published = verify(journal).digest
        lines = forge(journal)

        assert verify(lines).problems == ()
        assert "the digest you gave" in verify(lines, published).problems[0]

    @once
    def test_an_older_digest_does_not_vouch_for_what_was_sealed_later(self, journal, verify):
        """Behind the seal that somebody kept, a forger is as free as with none."""
        kept = journal[of_kind(journal, "seal")[2]]["seal"]["digest"]
        forged = forge(journal, transfer=-1)

        assert verify(forged).problems == ()
        report = verify(forged, kept)
        assert (report.known_seal, len(report.problems)) == (3, 1)
        assert "of seal 3, 2 before the last" in report.problems[0]
        assert verify(forged, kept, until_head=True).ok
        # What does not even agree with itself is told in either case.
        forged[of_kind(forged, "transfer")[-1]]["transfer"]["amount"] += 1
        assert "Seal 5" in verify(forged, kept, until_head=True).problems[0]

    def test_is_read_compressed(self, till, tmp_path):
        path = tmp_path / "journal.jsonl.gz"

        call_command("export_journal", str(path), stdout=StringIO())

        assert verify_file(path).transfers == 12
        assert gzip.decompress(path.read_bytes()).decode() == write_text()


def forge(lines: list[Line], transfer: int = 4) -> list[Line]:
    """Raise an amount, in the second block at first, and seal everything again, as forgers do."""
    lines = copying.deepcopy(lines)
    lines[of_kind(lines, "transfer")[transfer]]["transfer"]["amount"] += 1
    block, standings, previous = Block(), {}, FIRST_LINK
    for line in lines:
        if "transfer" in line:
            block.add(JournalRow(**line["transfer"]))
        elif "seal" in line:
            folded, block = block.fold(standings), Block()
            said = line["seal"] | {
                "root": folded.root,
                "journal": folded.journal,
                "previous": previous,
            }
            del said["digest"]
            previous = SealHeader(**said).digest()
            line["seal"] = said | {"digest": previous}
            for _key, side in folded.sides:
                standings[side.account] = Standing(side.transfers_after, side.balance_after)
        elif "end" in line:
            line["end"]["digest"] = previous
    return lines


@once
class TestUnreadable:
    @pytest.mark.parametrize(
        ("content", "said"),
        [
            pytest.param(b"", "not JSON", id="empty"),
            pytest.param(b"\0\0\0", "not JSON", id="NUL bytes"),
            pytest.param(
                b'{"format":"tessera-journal","version":1}\n\0\n', "Line 2", id="NUL line"
            ),
            pytest.param(b"\xff\xfe", "not UTF-8", id="not text"),
            pytest.param(b"[" * 200_000, "nested too deeply", id="deep"),
            pytest.param(
                b'{"format":"tessera-journal","version":1}\n' + b"[" * 60_000,
                "Line 2",
                id="deep line",
            ),
            pytest.param(b"a" * 1_000_000, "not JSON", id="one huge line"),
            pytest.param(
                b'{"format":"tessera-journal","version":1}\n"' + b"a" * 1_000_000,
                "Line 2 is longer than",
                id="huge second line",
            ),
            pytest.param(b"[1, 2]", "neither", id="another document"),
            pytest.param(b"17", "neither", id="a number"),
            pytest.param(b'{"format":"tessera-journal","version":2}\n', "version", id="version"),
            pytest.param(b'{"format":"tessera-journal","version":1}\n{"a":1}\n', "'a'", id="line"),
            pytest.param(b'{"format":"tessera-journal","version":1}\n[]\n', "Line 2", id="list"),
            pytest.param(
                b'{"format":"tessera-journal","version":1}\n{"end":1,"end":2}\n',
                "Line 2",
                id="twice",
            ),
            pytest.param(
                b'{"format":"tessera-journal","version":1}\n{"seal":{"number":NaN}}\n',
                "Line 2",
                id="not a number",
            ),
            pytest.param(
                b'{"format":"tessera-journal","version":1}\n{"end":' + b"9" * 5_000 + b"}\n",
                "Line 2",
                id="endless number",
            ),
            pytest.param(
                b'{"format":"tessera-statement","version":1}', "has no account", id="bare"
            ),
            pytest.param(b"\x1f\x8b\x08\x00garbage", "damaged", id="damaged gzip"),
            pytest.param(gzip.compress(b"a" * 100)[:-9], "cut off", id="truncated gzip"),
        ],
    )
    def test_is_refused_in_a_sentence(self, verify, content, said):
        with pytest.raises(NotVerifiable, match=said):
            verify(content)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("amount", "100"),
            ("amount", 1.0),
            ("amount", True),
            ("amount", 10**30),
            ("amount", None),
            ("posted_at", "yesterday"),
            ("posted_at", "2026-03-01T00:00:00Z"),
            ("key", "A" * 64),
            ("kind", "\ud800"),
            ("reference", []),
        ],
    )
    def test_names_the_value_that_makes_no_sense(self, journal, verify, name, value):
        journal[1]["transfer"][name] = value

        with pytest.raises(NotVerifiable, match=f"Line 2: {name} is "):
            verify(journal)

    def test_refuses_what_no_copy_has(self, journal, verify):
        journal[1]["transfer"]["note"] = "paid in full"

        with pytest.raises(NotVerifiable, match="'note', which no copy has"):
            verify(journal)

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(NotVerifiable, match="cannot be read"):
            verify_file(tmp_path / "nothing")
        with pytest.raises(NotVerifiable, match="cannot be read"):
            verify_file(tmp_path)

    def test_every_cut_and_flipped_byte_ends_in_words(self, journal, verify, tmp_path):
        # Nothing vouches for what is not sealed: leave it out, and its count.
        del journal[of_kind(journal, "unsealed")[0]]
        journal[-1]["end"] |= {"transfers": 12, "unsealed": 0}
        whole = "".join(json.dumps(line) + "\n" for line in journal).encode()
        assert verify(whole).ok
        for at in range(0, len(whole), 97):
            for broken in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
                with contextlib.suppress(NotVerifiable):
                    assert not verify(broken).ok


class TestCommand:
    def call(self, *arguments: str) -> str:
        output = StringIO()
        call_command("verify_ledger", *arguments, stdout=output)
        return output.getvalue()

    @pytest.fixture
    def path(self, till, tmp_path) -> Path:
        path = tmp_path / "journal.jsonl"
        call_command("export_journal", str(path), stdout=StringIO())
        return path

    @once
    def test_needs_no_database(self, path):
        environ = os.environ | {
            "TESSERA_MODE": "test",
            "DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/none",
        }
        done = subprocess.run(
            [sys.executable, "manage.py", "verify_ledger", "--file", str(path), "--json"],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["ok"]

    def test_says_what_it_found(self, path):
        digest = Seal.objects.latest("number").digest

        said = self.call("--file", str(path))

        assert "12 transfers under 5 seals; not sealed yet, so" in said
        assert "vouches for them: 1 more." in said
        assert digest in self.call()
        assert "the copy is whole up to this seal" in self.call(
            "--file", str(path), "--head", digest
        )
        older = ("--file", str(path), "--head", Seal.objects.get(number=2).digest)
        with pytest.raises(CommandError) as caught:
            self.call(*older)
        assert caught.value.returncode == 1
        assert "up to seal 2, and for nothing behind it" in self.call(*older, "--until-head")

    def test_ends_with_one_if_something_is_wrong(self, path):
        path.write_text(path.read_text().replace('"amount":30', '"amount":31'))

        with pytest.raises(CommandError) as caught:
            self.call("--file", str(path))

        assert caught.value.returncode == 1

    def test_ends_with_two_if_it_is_no_copy(self, tmp_path):
        nothing = tmp_path / "x"
        nothing.write_bytes(b"\0")

        for arguments in (
            ("--file", str(nothing)),
            ("--head", "x"),
            ("--until-head",),
            ("--file", str(nothing), "--until-head"),
        ):
            with pytest.raises(CommandError) as caught:
                self.call(*arguments)
            assert caught.value.returncode == 2

    def test_exports_under_names_that_say_what_is_inside(self, tmp_path):
        with pytest.raises(CommandError) as caught:
            call_command("export_journal", str(tmp_path / "journal.csv"))

        assert caught.value.returncode == 2

    def test_leaves_no_half_file_behind(self, tmp_path):
        with pytest.raises(CommandError, match="cannot be written"):
            call_command("export_journal", str(tmp_path / "nowhere" / "journal.jsonl"))

        assert not list(tmp_path.iterdir())


@once
class TestMerkleTree:
    """RFC 6962, section 2.1."""

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 31, 33])
    def test_proves_every_leaf_and_every_absence(self, size):
        names = [f"pool:points:{number}" for number in range(size)]
        contents = sorted((digest_text(name), digest_text(name + "!")) for name in names)
        tree = Tree(contents)

        for key, content in contents:
            proof = tree.prove(key)
            assert (proof.leaf.key, proof.leaf.content) == (key, content)
            assert find_root(proof, size=size) == tree.root
        for number in range(20):
            missing = digest_text(f"missing {number}")
            proof = tree.prove(missing)
            assert proof.leaf.spans(missing)
            assert find_root(proof, size=size) == tree.root

    def test_is_the_tree_of_the_standard(self):
        contents = [(digest_text(str(number)), digest_text("x")) for number in range(11)]
        contents.sort()
        tree = Tree(contents)

        def hash_tree(leaves: list[bytes]) -> bytes:
            if len(leaves) == 1:
                return leaves[0]
            half = 1
            while half * 2 < len(leaves):
                half *= 2
            both = hash_tree(leaves[:half]) + hash_tree(leaves[half:])
            return hashlib.sha256(b"\1" + both).digest()

        assert tree.root == hash_tree([leaf.hash() for leaf in tree.leaves]).hex()

    def test_no_other_place_or_size_will_do(self):
        tree = Tree(sorted((digest_text(str(number)), digest_text("x")) for number in range(5)))
        proof = tree.prove(tree.keys[2])

        wrong = [
            find_root(Proof(leaf=proof.leaf, index=index, path=proof.path), size=size)
            for index in (-1, 0, 1, 3, 4, 5)
            for size in (0, 3, 5, 9)
        ]
        assert tree.root not in wrong
        assert find_root(Proof(leaf=proof.leaf, index=2, path=proof.path[:-1]), size=5) is None
        longer = (*proof.path, "0" * 64)
        assert find_root(Proof(leaf=proof.leaf, index=2, path=longer), size=5) is None


@once
class TestDigests:
    """Written out by hand: whoever changes these bytes makes every sealed copy worthless."""

    def test_are_what_the_documentation_says(self):
        row = JournalRow(
            id="0198c2a0-0000-7000-8000-000000000001",
            kind="earn",
            debit="issued:points",
            credit="pool:points:0198c2a0-0000-7000-8000-000000000002",
            partner="0198c2a0-0000-7000-8000-000000000002",
            amount=100,
            occurred_at="2026-03-01T12:00:00.000000Z",
            posted_at="2026-03-01T12:00:01.000000Z",
            reason="",
            reference="o-1",
            reverses="",
            batch="0198c2a0-0000-7000-8000-000000000003",
            key=digest_text("earn:1"),
        )
        by_hand = (
            b"8:transfer,36:0198c2a0-0000-7000-8000-000000000001,4:earn,13:issued:points,"
            b"48:pool:points:0198c2a0-0000-7000-8000-000000000002,"
            b"36:0198c2a0-0000-7000-8000-000000000002,3:100,"
            b"27:2026-03-01T12:00:00.000000Z,27:2026-03-01T12:00:01.000000Z,0:,3:o-1,0:,"
            b"36:0198c2a0-0000-7000-8000-000000000003,64:" + digest_text("earn:1").encode() + b","
        )
        assert row.digest() == hashlib.sha256(by_hand).digest()
        side = SealedSide(
            account="issued:points",
            transfers_before=0,
            transfers_after=1,
            balance_before=0,
            balance_after=-100,
            last_posted_at=row.posted_at,
            rows=hashlib.sha256(row.digest()).hexdigest(),
        )
        said = (
            b"7:account,13:issued:points,1:0,1:1,1:0,4:-100,27:2026-03-01T12:00:01.000000Z,64:"
            + side.rows.encode()
            + b","
        )
        assert side.digest() == hashlib.sha256(said).hexdigest()
        leaf = Leaf(key="k", next="n", content="c")
        assert leaf.hash() == hashlib.sha256(b"\x001:k,1:n,1:c,").digest()
