"""./dev bench [NAME ...]: lists the measurements of this folder, or runs one.

A measurement gets a PostgreSQL of its own that really writes to disk, with an empty, migrated
database; ``--database URL`` takes such a one that is already there.
"""

import ast
import contextlib
import importlib
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import psycopg

from tests.databases.postgresql import DURABLE, run_postgresql

HERE = Path(__file__).parent
DATABASE = "tessera_bench"


def list_names() -> list[str]:
    return sorted(
        module.name for module in pkgutil.iter_modules([str(HERE)]) if module.name[0] != "_"
    )


def describe(name: str) -> str:
    written = ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text())) or ""
    return f"{name:<20}{written.partition(chr(10))[0]}"


@contextlib.contextmanager
def find_database(arguments: list[str]) -> Iterator[str]:
    """Yield the address of an empty, migrated database; ``--database`` is taken out."""
    if "--database" in arguments:
        place = arguments.index("--database")
        _option, given = arguments[place : place + 2]
        del arguments[place : place + 2]
        yield given
        return
    with run_postgresql(settings=DURABLE) as server:
        with psycopg.connect(server.url_of("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        environ = {**os.environ, "DATABASE_URL": server.url_of(DATABASE), "TESSERA_MODE": "test"}
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=HERE.parent.parent, env=environ, check=True)
        yield environ["DATABASE_URL"]


def main(arguments: list[str]) -> int:
    names = list_names()
    if not arguments:
        print("\n".join(map(describe, names)) or "There is nothing to measure yet.")
        return 0
    name, *rest = arguments
    if name not in names:
        print(f"There is no measurement called {name}.", file=sys.stderr)
        return 2
    with find_database(rest) as url:
        # Read by the settings here and in every process that the measurement starts.
        os.environ |= {"DATABASE_URL": url, "TESSERA_MODE": "test", "TESSERA_PROCESS": "job"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
        code: int = importlib.import_module(f"tests.bench.{name}").main(rest)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
