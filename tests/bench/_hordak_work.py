"""What the client of django-hordak does. Imported only where its settings are."""

from datetime import date

from django.core.management import call_command
from django.db import connection
from hordak.models import Account, AccountType
from moneyed import Money

from tests.bench._clients import Client, Work

OWNERS = 50
HISTORY = """
    SET session_replication_role = replica;
    INSERT INTO hordak_transaction (id, uuid, timestamp, date, description)
    SELECT n, lpad(to_hex(n), 32, '0')::uuid, '2026-01-01', '2026-01-01', ''
      FROM generate_series(1000000, 1000000 + %(legs)s / 2) n;
    INSERT INTO hordak_leg (id, uuid, transaction_id, account_id, description, currency, {sides})
    SELECT 2 * n, lpad(to_hex(2 * n), 32, '0')::uuid, n, %(busy)s, '', 'GBP', 1, NULL
      FROM generate_series(1000000, 1000000 + %(legs)s / 2) n
     UNION ALL
    SELECT 2 * n + 1, lpad(to_hex(2 * n + 1), 32, '0')::uuid, n, %(busy)s, '', 'GBP', NULL, 1
      FROM generate_series(1000000, 1000000 + %(legs)s / 2) n;
    SET session_replication_role = origin;
    ANALYZE hordak_leg;
"""


def prepare(_client: Client) -> Work:
    call_command("migrate", verbosity=0)
    Account.objects.create(name="issued", type=AccountType.expense, currencies=["GBP"])
    for number in range(OWNERS):
        Account.objects.create(name=f"{number}", type=AccountType.liability, currencies=["GBP"])
    Account.objects.create(name="busy", type=AccountType.liability, currencies=["GBP"])
    return lambda: 0


def post(client: Client) -> Work:
    """Two legs of one transaction, as its own transfer_to makes them."""
    issued = Account.objects.get(name="issued")
    owners = list(Account.objects.filter(type=AccountType.liability).exclude(name="busy"))

    def work() -> int:
        client.chance.choice(owners).transfer_to(issued, Money(1, "GBP"), date=date(2026, 3, 1))
        return 1

    return work


def load(_client: Client, *, legs: int) -> Work:
    busy = Account.objects.get(name="busy")
    with connection.cursor() as cursor:
        cursor.execute(HISTORY.format(sides="credit, debit"), {"legs": legs, "busy": busy.pk})
    return lambda: 0


def read(_client: Client) -> Work:
    busy = Account.objects.get(name="busy")

    def work() -> int:
        busy.get_simple_balance()
        return 1

    return work
