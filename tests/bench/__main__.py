"""./dev bench [NAME]: lists the measurements of this folder, or runs one."""

import importlib
import pkgutil
import sys
from pathlib import Path

import django

HERE = Path(__file__).parent


def list_names() -> list[str]:
    return sorted(
        module.name for module in pkgutil.iter_modules([str(HERE)]) if module.name[0] != "_"
    )


def describe(name: str) -> str:
    first_line = (importlib.import_module(f"tests.bench.{name}").__doc__ or "").strip()
    return f"{name:<20}{first_line.partition(chr(10))[0]}"


def main(arguments: list[str]) -> int:
    names = list_names()
    if not arguments:
        print("\n".join(map(describe, names)) or "There is nothing to measure yet.")
        return 0
    if arguments[0] not in names:
        print(f"There is no measurement called {arguments[0]}.", file=sys.stderr)
        return 2
    django.setup()
    code: int = importlib.import_module(f"tests.bench.{arguments[0]}").main(arguments[1:])
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
