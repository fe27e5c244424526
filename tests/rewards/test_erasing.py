"""A person is exported and erased: every word of and about them goes, and every sum stays."""

import gzip
import json
import uuid
import zipfile
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test import Client

from ledger.models import Account, Transfer
from partners.importing.runs import keep_file
from partners.models import (
    Activity,
    ClaimMove,
    ClaimProof,
    Contract,
    Erasure,
    ImportRow,
    ImportRun,
    Invitation,
    Member,
    ParkedDocument,
    Person,
    RememberedAnswer,
    SellOutClaim,
)
from rewards import erasing, redeeming
from rewards.erasing.places import FREE, PLACES
from rewards.models import Share
from tests.api.conftest import make_token, with_key
from tests.ledger.corrections import adjust, make_staff
from tests.rewards.cast import NOON, earn, give, join, make_partner, offer, open_shop, take

pytestmark = pytest.mark.django_db

NAME = "Żaneta Quine-Brzozowska"
EMAIL = "zaneta.quine@post.example"
OLD_EMAIL = "zq1971@old.example"
PHONE = "600 123 987"
PASSWORD = "a long way to Nightjar"
TITLE = "Keeper of the blue ledgers"
STREET = "14 Nightjar Alley"
TRACES = (NAME, NAME.upper(), EMAIL, OLD_EMAIL, PHONE, TITLE, STREET, "Quine")
ADDRESS = {
    "recipient": NAME,
    "street": STREET,
    "postcode": "CB2 1AA",
    "city": "Cambridge",
    "country": f"United Kingdom, {PHONE}",
}
TEXTS = (models.CharField, models.TextField, models.JSONField, models.FileField, models.BinaryField)


def list_tables_with_words():
    """Every table with a column that can hold words, but for choices of our own."""
    for table in apps.get_models(include_auto_created=True):
        columns = [
            field.name
            for field in table._meta.local_concrete_fields
            if isinstance(field, TEXTS) and not field.choices
        ]
        if columns:
            yield table._meta.label


def read_everything():
    """The whole database as text, and the names of its tables."""
    said = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            said += [f"{table}: {row}" for row in cursor.fetchall()]
    return said


def find_traces():
    spellings = {spelling for word in TRACES for spelling in (word, json.dumps(word)[1:-1])}
    return [
        (word, row)
        for row in read_everything()
        for word in spellings
        if word.lower() in row.lower()
    ]


def make_claim(member, private_root):
    claim = SellOutClaim.objects.create(
        partner=member.partner,
        member=member,
        request_id=uuid.uuid4(),
        sku="A",
        sold_on=NOON.date(),
        document=f"Receipt of {NAME}",
        note=f"Call {PHONE}",
        state=SellOutClaim.State.WITHDRAWN,
        filed_at=NOON,
    )
    stored_as = "claims/proof.jpg"
    (private_root / "claims").mkdir()
    (private_root / stored_as).write_text(NAME)
    ClaimProof.objects.create(
        claim=claim,
        name=f"{NAME}.jpg",
        content_type="image/jpeg",
        size=3,
        digest="d",
        stored_as=stored_as,
        added_at=NOON,
    )
    ClaimMove.objects.create(
        claim=claim, to_state="withdrawn", note=f"{NAME} erred", by_member=member, moved_at=NOON
    )


@pytest.fixture
def shop():
    return open_shop(points=500)


@pytest.fixture
def zaneta(shop, settings, tmp_path):
    """A buyer who left a trace wherever there is a place for one."""
    settings.PRIVATE_ROOT = tmp_path
    person = Person.objects.create(email=EMAIL, name=NAME, password=make_password(PASSWORD))
    member = Member.objects.create(
        partner=shop.partner, person=person, role="buyer", job_title=TITLE, joined_at=NOON
    )
    EmailAddress.objects.create(user=person, email=OLD_EMAIL)
    Client().force_login(person, "django.contrib.auth.backends.ModelBackend")
    Invitation.objects.create(
        partner=shop.partner,
        email=OLD_EMAIL,
        name="Z. Quine",
        job_title=TITLE,
        role="buyer",
        token_hash="h",
        invited_at=NOON,
        sent_at=NOON,
        expires_at=NOON + timedelta(days=1),
    )
    earn(shop.wallet(member), 70)
    gift = offer(
        shop.programme,
        kind="physical_gift",
        audience="person",
        price=20,
        terms={"delivery_days": 5},
        approval_required=True,
    )
    taken = take(member, shop.wallet(member), gift, details=ADDRESS)
    redeeming.reject(redemption=taken, by=None, reason=f"{NAME} moved house", at=NOON)
    adjust(make_staff(), shop.wallet(member), 5, note=f"As {NAME} said on {PHONE}")
    give(shop, 10, reason=f"Together with {NAME}, on {EMAIL}")
    make_claim(member, tmp_path)
    Activity.objects.create(
        kind="training",
        partner=shop.partner,
        member=member,
        source="lms",
        external_id="T1",
        occurred_at=NOON,
        attributes={"course": "Tea", "who": NAME.upper()},
        content_hash="c",
        recorded_at=NOON,
    )
    run = ImportRun.objects.create(
        kind="order", source="erp", file_name="a.csv", status="finished", started_at=NOON
    )
    ImportRow.objects.create(
        run=run,
        row_number=2,
        document="1",
        outcome="refused",
        code="unreadable",
        value=EMAIL.upper(),
        content={"contact": f"{NAME} <{EMAIL}>"},
    )
    ParkedDocument.objects.create(
        run=run,
        source="erp",
        external_id="P1",
        reason="no_partner",
        parked_at=NOON,
        content={"buyer": {"name": NAME}},
    )
    LogEntry.objects.create(
        user=make_staff(),
        action_flag=2,
        content_type=ContentType.objects.get_for_model(Person),
        object_id=str(person.pk),
        object_repr=str(person),
        change_message=f"A link was sent to {EMAIL}.",
    )
    for caller, body in (
        (f"member:{member.pk}", {"note": PHONE}),
        ("key:1", {"id": str(taken.public_id), "details": ADDRESS}),
        ("key:1", {"items": [{"email": EMAIL, "name": NAME}]}),
    ):
        RememberedAnswer.objects.create(
            caller=caller,
            idempotency_key=str(uuid.uuid4()),
            request_hash="r",
            status_code=200,
            body=json.dumps(body, ensure_ascii=False),
            answered_at=NOON,
        )
    return person


def read_books():
    accounts = Account.objects.filter(kind__in=("pool", "wallet")).values_list("pk", "balance")
    return dict(accounts), list(Transfer.objects.order_by("pk").values_list())


class TestRegistry:
    def test_decides_about_every_table_with_words(self):
        undecided = set(list_tables_with_words()) - {place.model for place in PLACES} - FREE

        assert sorted(undecided) == []

    def test_names_no_table_twice_and_none_that_is_gone(self):
        named = [place.model for place in PLACES]

        assert len(named) == len(set(named))
        assert not set(named) & FREE
        assert {*named, *FREE} <= {table._meta.label for table in apps.get_models()}

    def test_empties_columns_that_there_are(self):
        for place in PLACES:
            columns = {field.name for field in place.table._meta.concrete_fields}
            assert {*place.replaced, *place.swept} <= columns, place.model


class TestExport:
    def test_holds_every_trace_and_no_secret(self, zaneta):
        document = erasing.export_person(zaneta, at=NOON)

        said = json.dumps(document, ensure_ascii=False)
        for trace in (NAME, EMAIL, OLD_EMAIL, PHONE, TITLE, STREET):
            assert trace in said
        assert "password" not in said
        assert document["kept"]["sessions.Session"]
        assert {"rewards.Redemption", "ledger.Transfer", "partners.Event"} <= set(document["kept"])

    def test_of_a_company_names_nobody(self, zaneta, shop):
        document = erasing.export_partner(shop.partner, at=NOON)

        said = json.dumps(document, ensure_ascii=False)
        assert document["kept"]["ledger.Transfer"]
        assert [word for word in (NAME, EMAIL, PHONE, STREET) if word in said] == []


class TestErasing:
    def test_leaves_no_trace_and_every_sum(
        self, zaneta, shop, tmp_path, django_capture_on_commit_callbacks
    ):
        assert find_traces()
        balances, transfers = read_books()
        member = Member.objects.get(person=zaneta)
        wallet = shop.wallet(member)

        with django_capture_on_commit_callbacks(execute=True):
            erasure = erasing.erase_person(person=zaneta, by=shop.alice.person, at=NOON)

        assert find_traces() == []
        assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
        assert not Session.objects.exists()
        assert erasure.asked_by == shop.alice.person
        assert erasure.rows["rewards.Redemption"] == 1
        after, transfers_after = read_books()
        # Nothing was written but the way of the wallet back to the pool.
        assert transfers_after[: len(transfers)] == transfers
        assert [row.kind for row in Transfer.objects.order_by("pk")[len(transfers) :]] == ["leave"]
        assert sum(after.values()) == sum(balances.values())
        assert after[wallet.pk] == 0
        said = StringIO()
        call_command("verify_ledger", stdout=said)

    def test_ends_the_sign_in_and_the_memberships(self, zaneta, shop):
        erasing.erase_person(person=zaneta, by=None, at=NOON)

        zaneta.refresh_from_db()
        assert not zaneta.is_active
        assert not zaneta.has_usable_password()
        assert set(zaneta.memberships.values_list("status", flat=True)) == {"left"}

    def test_happens_once(self, zaneta, shop):
        first = erasing.erase_person(person=zaneta, by=None, at=NOON)
        again = erasing.erase_person(person=zaneta, by=None, at=NOON + timedelta(days=1))

        assert again == first

    def test_leaves_words_of_others_alone(self, zaneta, shop):
        bert = join(shop.partner, "Bert", "buyer", job_title="Clerk")

        erasing.erase_person(person=zaneta, by=None, at=NOON)

        bert.refresh_from_db()
        assert (bert.job_title, bert.person.name) == ("Clerk", "Bert")
        assert Share.objects.get().reason == "Together with [erased], on [erased]"
        assert Activity.objects.get().attributes == {"course": "Tea", "who": "[erased]"}


class TestANameOfASingleWord:
    """Looked for as it is written, in the texts of the own company, where nobody shares it."""

    @pytest.fixture
    def mark(self, shop, settings, tmp_path):
        settings.PRIVATE_ROOT = tmp_path
        person = Person.objects.create(email="m@post.example", name="Mark", password="!")
        Member.objects.create(
            partner=shop.partner, person=person, role="buyer", job_title="", joined_at=NOON
        )
        give(shop, 10, reason="Mark made his mark, said MARK. Marking is for Markus.")
        elsewhere = make_partner(shop.programme, "99")
        for partner in (shop.partner, elsewhere):
            Contract.objects.create(
                partner=partner, number="C", starts_on=NOON.date(), note="Mark signs"
            )
        return person

    def test_goes_from_the_texts_of_the_own_company(self, mark, shop):
        erasure = erasing.erase_person(person=mark, by=None, at=NOON)

        assert Share.objects.get().reason == (
            "[erased] made his mark, said [erased]. Marking is for Markus."
        )
        notes = Contract.objects.order_by("pk").values_list("note", flat=True)
        assert list(notes) == ["[erased] signs", "Mark signs"]
        assert (erasure.rows["partners.Contract"], erasure.rows["partners.Contract:left"]) == (1, 1)

    def test_stays_where_somebody_else_goes_by_it(self, mark, shop):
        join(shop.partner, "Mark Fisher", "buyer")
        erasure = erasing.erase_person(person=mark, by=None, at=NOON)

        assert Contract.objects.filter(note="Mark signs").count() == 2
        assert erasure.rows["partners.Contract:left"] == 2
        assert erasure.rows["rewards.Share:left"] == 1


class TestUploadedFiles:
    def keep(self, name, content, **run):
        stored_as, digest = keep_file([content], name=name)
        return ImportRun.objects.create(
            source="erp",
            file_name=name,
            stored_as=stored_as,
            content_hash=digest,
            started_at=NOON,
            **{"kind": "order", "status": "finished", "finished_at": NOON} | run,
        )

    def test_that_name_the_person_go_and_others_stay(
        self, zaneta, tmp_path, django_capture_on_commit_callbacks
    ):
        book = BytesIO()
        with zipfile.ZipFile(book, "w") as archive:
            archive.writestr("xl/sharedStrings.xml", f"<sst><t>{NAME}</t></sst>")
        going = [
            self.keep("a.csv", f"order;who\n1;{NAME.upper()}\n".encode("cp1250")),
            self.keep("b.csv.gz", gzip.compress(f"order,mail\n1,{OLD_EMAIL}\n".encode())),
            self.keep("c.xlsx", book.getvalue()),
            self.keep("d.xlsx", b"PK\x03\x04 cut short"),
            self.keep("e.csv", EMAIL.encode(), status="checked", finished_at=None),
        ]
        staying = self.keep("f.csv", b"order,who\n1,Bob Quiney\n")

        with django_capture_on_commit_callbacks(execute=True):
            erasure = erasing.erase_person(person=zaneta, by=None, at=NOON)

        kept = set(ImportRun.objects.exclude(stored_as="").values_list("pk", flat=True))
        assert kept == {staying.pk}
        assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["f.csv"]
        assert erasure.rows["partners.ImportRun:file"] == len(going)


class TestObstacles:
    def refused(self, person, by=None):
        with pytest.raises(erasing.NotErasable) as caught:
            erasing.erase_person(person=person, by=by, at=NOON)
        return caught.value.reasons

    def test_the_only_head_buyer_names_another_first(self, shop):
        assert self.refused(shop.alice.person) == ["last_head_buyer"]

    def test_what_is_not_finished_ends_first(self, zaneta, shop):
        member = Member.objects.get(person=zaneta)
        reward = offer(shop.programme, audience="person", price=5, approval_required=True)
        take(member, shop.wallet(member), reward)

        assert self.refused(zaneta) == ["redemptions_open"]

    def test_staff_are_erased_by_a_colleague(self, shop):
        staff = make_staff()

        assert self.refused(staff, by=staff) == ["own_account"]
        assert erasing.erase_person(person=staff, by=None, at=NOON)

    def test_somebody_may_always_do_everything(self):
        root = Person.objects.create(
            email="root@seller.example", name="Root", is_staff=True, is_superuser=True
        )

        assert self.refused(root) == ["last_superuser"]


class TestDoors:
    """The same through every door: portal, admin, API and command."""

    def test_portal_tells_asks_again_and_signs_out(self, zaneta, shop):
        client = Client()
        client.force_login(zaneta, "django.contrib.auth.backends.ModelBackend")
        taken_along = client.get("/my-data/download/")
        shown = client.get("/my-data/erase/")
        sent_away = client.post("/my-data/erase/", {"email": "other@post.example"})
        mistyped = client.post(sent_away["Location"], {"password": PASSWORD})
        done = client.post("/my-data/erase/", {"email": EMAIL.upper()})

        assert NAME in taken_along.content.decode()
        assert "attachment" in taken_along["Content-Disposition"]
        assert shown.status_code == 200
        # Whoever finds an open browser signs in first.
        assert "reauthenticate" in sent_away["Location"]
        assert mistyped.status_code == 422
        assert done.status_code == 200
        assert client.get("/my-data/").status_code == 302
        assert Erasure.objects.get().asked_by == zaneta
        assert find_traces() == []

    def test_portal_says_what_comes_first(self, shop):
        client = Client()
        client.force_login(shop.alice.person, "django.contrib.auth.backends.ModelBackend")

        page = client.get("/my-data/erase/").content.decode()

        assert "Name another one first" in page
        assert 'name="email"' not in page

    def test_admin_asks_twice_and_logs_without_the_name(self, zaneta, shop):
        root = Person.objects.create(
            email="root@seller.example", name="Root", is_staff=True, is_superuser=True
        )
        client = Client()
        client.force_login(root, "django.contrib.auth.backends.ModelBackend")
        page = f"/admin/partners/person/{zaneta.pk}/erase/"
        exported = client.get(f"/admin/partners/person/{zaneta.pk}/export/")

        client.post(page, {"email": EMAIL})
        client.post(page, {"understood": "on", "email": "zaneta"})
        assert not Erasure.objects.exists()
        client.post(page, {"understood": "on", "email": EMAIL})

        assert NAME in exported.content.decode()
        erasure = Erasure.objects.get()
        assert erasure.asked_by == root
        assert find_traces() == []
        # Nothing more is offered, and nobody is made of what is left.
        assert client.get(page).status_code == 404

    def test_commands_export_and_erase(self, zaneta, shop):
        said, exported, company = StringIO(), StringIO(), StringIO()
        call_command("export_person", EMAIL.upper(), stdout=exported)
        call_command("export_partner", f"erp:{shop.partner.erp_number}", stdout=company)
        with pytest.raises(CommandError, match="--yes") as not_yet:
            call_command("erase_person", EMAIL)
        call_command("erase_person", EMAIL, "--yes", stdout=said)

        assert STREET in exported.getvalue()
        assert STREET not in company.getvalue()
        assert not_yet.value.returncode == 2
        assert "Erased." in said.getvalue()
        assert find_traces() == []
        with pytest.raises(CommandError, match="Nobody signs in"):
            call_command("erase_person", EMAIL, "--yes")

    def test_api_exports_and_erases_for_systems_that_see_everybody(self, zaneta, shop):
        member = Member.objects.get(person=zaneta)
        address = f"/api/v1/members/{member.public_id}"
        own, all_partners = (
            with_key(make_token(partner=partner)) for partner in (shop.partner, None)
        )

        assert own.get(f"{address}/export").status_code == 403
        assert NAME in all_partners.get(f"{address}/export").content.decode()
        answers = [
            all_partners.post(
                f"{address}/erase", {}, format="json", headers={"Idempotency-Key": "once"}
            )
            for _attempt in range(2)
        ]

        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].content == answers[1].content
        assert find_traces() == []
