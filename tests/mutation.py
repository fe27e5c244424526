"""
Change policy in every small way there is, and see that a test fails each time.

``python -m tests.mutation`` makes one change at a time (an operator, a bound, a constant, a
negation, what is returned) in the pure part of earning, runs its pure tests on it in a process of
its own, and lists the changes that no test noticed. ``python -m tests.mutation conditions/`` does so
for files of which the path has these letters, ``--workers=4`` with so many processes at once. It
uses no database.
"""

import ast
import gc
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import django
import hypothesis
import pytest
from django.conf import settings

from tests.mutation_survivors import EQUIVALENT

ROOT: Final = Path(__file__).parent.parent
EARNING: Final = ROOT / "rewards" / "earning"
# What one activity earns, and the tests that see it.
OF_RULES: Final = (
    "asking", "bounds", "capping", "converted", "counting", "evaluating", "exact", "giving",
    "line_words", "measuring", "outcome", "periods", "personally", "reading", "said", "situation",
    "stacking", "usage", "words",
)  # fmt: skip
TESTS_OF_RULES: Final = {
    part: f"tests/rewards/earning/test_{part}.py"
    for part in (
        "conditions", "effects", "exact", "measuring", "evaluating", "capping", "payments",
        "campaigns", "personally", "usage", "converted", "payments_owed", "stopping",
        "goods_and_money",
    )
} | {"rules": "tests/rewards/programmes/test_rules.py"}  # fmt: skip
# What all facts of a partner are due together.
OF_WALK: Final = (
    "bills", "calling_off", "due", "ending", "facts", "judging", "matching", "orders_counted",
    "paying", "releasing", "taking_back", "volumes", "whereabouts",
)  # fmt: skip
TESTS_OF_WALK: Final = {
    part: f"tests/rewards/earning/test_{part}.py"
    for part in (
        "judging", "situations", "matching", "paying", "releasing", "due", "orders_counted",
        "awards_of_invoices", "bills", "calling_off", "payments_owed", "taking_back",
        "volumes_kept", "volumes_shared", "whereabouts",
    )
}  # fmt: skip
# Where most changes of a file fail, if that is no file of the same name.
FIRST: Final = {
    "stacking": "campaigns",
    "giving": "evaluating",
    "bounds": "conditions",
    "line_words": "conditions",
    "words": "conditions",
    "said": "conditions",
    "reading": "rules",
    "periods": "capping",
    "ending": "releasing",
    "volumes": "volumes_shared",
    "facts": "situations",
}
FORGOTTEN: Final = ("rewards.earning", "rewards.programmes", "tests.rewards")
SECONDS_MAX: Final = 120
EXAMPLES: Final = 10
WORKERS: Final = 2

COMPARED: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
COMPUTED: Final[dict[type[ast.operator], tuple[type[ast.operator], ...]]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.FloorDiv),
    ast.FloorDiv: (ast.Mult,),
    ast.Div: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
}
SWAPPED: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """One change of one place: ``number`` counts the changes of its file."""

    path: Path
    number: int
    line: int
    was: str
    change: str

    @property
    def name(self) -> str:
        """Name it by its words: line numbers move with every edit."""
        return f"{self.path.relative_to(EARNING)}: {self.was}: {self.change}"


class _Changer(ast.NodeTransformer):
    """Walks over a module and makes the change of one number, or counts them all."""

    def __init__(self, source: str, wanted: int | None) -> None:
        self.lines = source.splitlines()
        self.wanted = wanted
        self.found: list[tuple[int, str, str]] = []

    def _offer(self, node: ast.AST, change: str) -> bool:
        """Note that something can be changed, and say whether it is to be."""
        line = getattr(node, "lineno", 1)
        was = self.lines[line - 1].strip()
        alike = sum(each[1] == was and each[2].startswith(change) for each in self.found)
        self.found.append((line, was, f"{change} ({alike + 1})" if alike else change))
        return self.wanted == len(self.found) - 1

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        for place, operator in enumerate(list(node.ops)):
            for other in COMPARED[type(operator)]:
                if self._offer(node, f"{_name(operator)} becomes {other.__name__}"):
                    node.ops[place] = other()
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        for other in COMPUTED.get(type(node.op), ()):
            if self._offer(node, f"{_name(node.op)} becomes {other.__name__}"):
                return ast.copy_location(ast.BinOp(node.left, other(), node.right), node)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        for other in COMPUTED.get(type(node.op), ()):
            if self._offer(node, f"{_name(node.op)}= becomes {other.__name__}="):
                return ast.copy_location(ast.AugAssign(node.target, other(), node.value), node)
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        if self._offer(node, f"{_name(node.op)} becomes {other.__name__}"):
            return ast.copy_location(ast.BoolOp(other(), node.values), node)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not | ast.USub) and self._offer(
            node, f"{_name(node.op)} is left out"
        ):
            return node.operand
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        value = node.value
        others = [not value] if isinstance(value, bool) else []
        if isinstance(value, int) and not isinstance(value, bool):
            others = [value + 1, value - 1]
        for other in others:
            if self._offer(node, f"{value} becomes {other}"):
                return ast.copy_location(ast.Constant(other), node)
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        is_none = node.value is None or (
            isinstance(node.value, ast.Constant) and node.value.value is None
        )
        if not is_none and self._offer(node, "returns None"):
            return ast.copy_location(ast.Return(ast.Constant(None)), node)
        return node

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        node.test = self._negated(node.test)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        node.test = self._negated(node.test)
        return node

    def _negated(self, test: ast.expr) -> ast.expr:
        # Comparisons and what is negated or combined already are changed as such.
        if isinstance(test, ast.Name | ast.Attribute | ast.Call | ast.NamedExpr) and self._offer(
            test, "is negated"
        ):
            return ast.copy_location(ast.UnaryOp(ast.Not(), test), test)
        return test

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in SWAPPED and self._offer(node, f"{name} becomes {SWAPPED[name]}"):
            node.func = ast.copy_location(ast.Name(SWAPPED[name], ast.Load()), node.func)
        return node

    # What only says something of types, or is read by people.

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.args = self.visit(node.args)
        node.body = [self.visit(each) for each in node.body]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = [self.visit(each) for each in node.body]
        return node


def _name(operator: ast.AST) -> str:
    return type(operator).__name__


def targets() -> list[Path]:
    inner = [*(EARNING / "effects").glob("*.py"), *(EARNING / "conditions").glob("*.py")]
    return [*(EARNING / f"{name}.py" for name in (*OF_RULES, *OF_WALK)), *sorted(inner)]


def mutants_of(path: Path) -> Iterator[Mutant]:
    source = path.read_text()
    changer = _Changer(source, None)
    changer.visit(ast.parse(source))
    for number, (line, was, change) in enumerate(changer.found):
        yield Mutant(path, number, line, was, change)


def changed(mutant: Mutant) -> ast.Module:
    source = mutant.path.read_text()
    changer = _Changer(source, mutant.number)
    return ast.fix_missing_locations(changer.visit(ast.parse(source)))


class _Loader(importlib.abc.Loader):
    def __init__(self, tree: ast.Module, path: Path) -> None:
        self.code = compile(tree, str(path), "exec")

    def exec_module(self, module: object) -> None:
        exec(self.code, vars(module))


class _Finder(importlib.abc.MetaPathFinder):
    """Gives the changed module instead of the one on disk."""

    def __init__(self, name: str, tree: ast.Module, path: Path) -> None:
        self.name, self.tree, self.path = name, tree, path

    def find_spec(self, name: str, _path: object, _target: object = None) -> object:
        if name != self.name:
            return None
        is_package = self.path.name == "__init__.py"
        return importlib.util.spec_from_file_location(
            name,
            self.path,
            loader=_Loader(self.tree, self.path),
            submodule_search_locations=[str(self.path.parent)] if is_package else None,
        )


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tests_for(path: Path) -> list[list[str]]:
    """Return its tests, those of the file's own part first: most changes fail there at once."""
    tests = TESTS_OF_WALK if path.stem in OF_WALK else TESTS_OF_RULES
    if path.parent.name == "effects":
        # Volumes are counted by the effects, and followed by the walk.
        tests = TESTS_OF_RULES | TESTS_OF_WALK
    parts = (path.parent.name, path.stem, FIRST.get(path.stem, "evaluating"))
    own = [tests[part] for part in parts if part in tests][:1]
    return [own, [each for each in tests.values() if each not in own]]


def run_tests(paths: list[str]) -> int:
    for name in [name for name in sys.modules if name.startswith(FORGOTTEN)]:
        del sys.modules[name]
    return pytest.main(
        ["-x", "-q", "--noconftest", "-c", os.devnull, "--rootdir", str(ROOT),
         "-p", "no:cacheprovider", *paths]
    )  # fmt: skip


def start(mutant: Mutant | None) -> int:
    """Run the tests on a changed module in a process of its own; return its id."""
    pid = os.fork()
    if pid:
        return pid
    signal.alarm(SECONDS_MAX)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    rounds = [[*TESTS_OF_RULES.values(), *TESTS_OF_WALK.values()]]
    if mutant is not None:
        name = module_name(mutant.path)
        sys.meta_path.insert(0, _Finder(name, changed(mutant), mutant.path))
        rounds = tests_for(mutant.path)
    status = 99
    try:
        status = next((failed for paths in rounds if (failed := run_tests(paths))), 0)
    finally:
        os._exit(status)


def survivors(mutants: list[Mutant], workers: int) -> list[Mutant]:
    """Return the changes on which all tests pass."""
    waiting, survived = list(reversed(mutants)), []
    running: dict[int, Mutant] = {}
    while waiting or running:
        while waiting and len(running) < workers:
            mutant = waiting.pop()
            running[start(mutant)] = mutant
        pid, status = os.wait()
        mutant = running.pop(pid)
        if status == 0:
            survived.append(mutant)
            say(f"  survives: {mutant.name}  (line {mutant.line})")
    return survived


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def set_up() -> None:
    """Make Django ready without the pages: policy and its tests import models, and no database."""
    os.environ["TESSERA_MODE"] = "test"
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "partners",
            "ledger",
            "rewards",
        ],
        AUTH_USER_MODEL="partners.Person",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    # Always the same examples: what is noticed once is noticed again.
    hypothesis.settings.register_profile(
        "mutation", deadline=None, derandomize=True, database=None, max_examples=EXAMPLES
    )
    hypothesis.settings.load_profile("mutation")


def main(arguments: list[str]) -> int:
    words = [argument for argument in arguments if not argument.startswith("--workers=")]
    workers = next(
        (int(each.partition("=")[2]) for each in arguments if each not in words), WORKERS
    )
    set_up()
    os.chdir(ROOT)
    # What is there before it forks stays shared between the processes.
    gc.freeze()
    _pid, status = os.waitpid(start(None), 0)
    if status != 0:
        say("The tests fail without any change: nothing can be learnt from them.")
        return 2
    paths = [path for path in targets() if not words or any(word in str(path) for word in words)]
    mutants = [mutant for path in paths for mutant in mutants_of(path)]
    say(f"{len(mutants)} changes in {len(paths)} files")
    began = time.monotonic()
    survived = survivors(mutants, workers)
    unknown = [mutant for mutant in survived if mutant.name not in EQUIVALENT]
    say(
        f"{len(mutants) - len(survived)} noticed, {len(survived) - len(unknown)} change nothing, "
        f"{len(unknown)} unnoticed, in {time.monotonic() - began:.0f} seconds"
    )
    for mutant in unknown:
        say(f"unnoticed: {mutant.path.relative_to(ROOT)}:{mutant.line}: {mutant.name}")
    return 1 if unknown else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
