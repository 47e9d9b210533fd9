"""Mutation testing of `verifier/verify.py`: each small change of it must turn one of its unit tests red.

    .venv/bin/python scripts/mutate.py [--from N] [--list]

One mutant at a time, each in a forked process in which the tests are imported already, so that a mutant costs about as much as the tests
that run until the first red one. Exit status 1 when fewer than 95 % are killed. Words that only people read are not changed.
"""

from __future__ import annotations

import argparse
import ast
import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SOURCE = ROOT / "verifier" / "verify.py"
TESTS = [str(ROOT / "tests" / "unit" / f"test_verifier{part}.py") for part in ("", "_command", "_signatures")]
LEAST = 0.95
PATIENCE = 60.0
"""Seconds after which a mutant that has not ended counts as killed: it loops."""
WHOLE = range(10**6)
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
}  # fmt: skip
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
SPEAKING = frozenset({"Fault", "Unable", "ValueError", "note", "step", "found", "ArgumentParser"})
"""Calls whose text arguments are sentences for people (the class of a finding, their first argument, is changed all the same)."""
TABLES = frozenset({"SAYS", "RESULTS"})


type Change = Callable[[ast.AST], None]
type TraceFunction = Callable[[FrameType, str, object], object]


class Mutant(NamedTuple):
    line: int
    what: str
    node: ast.AST
    change: Change
    lines: range
    """Of the statement it stands in; of the whole file where that is in no function, so that any test may see it."""


def changes(node: ast.AST) -> Iterator[tuple[str, Change]]:  # noqa: C901, PLR0912 -- one branch a kind of node
    """What is done to a node, each as a name and a function that does it to the node's copy."""
    match node:
        case ast.Compare():
            for at, op in enumerate(node.ops):
                for other in COMPARISONS[type(op)]:
                    yield f"{type(op).__name__} -> {other.__name__}", _setting("ops", at, other())
        case ast.BoolOp():
            other_bool = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield f"{type(node.op).__name__} -> {type(other_bool).__name__}", _put("op", other_bool)
        case ast.BinOp() | ast.AugAssign() if type(node.op) in OPERATORS and not _is_text(node):
            other_op = OPERATORS[type(node.op)]
            yield f"{type(node.op).__name__} -> {other_op.__name__}", _put("op", other_op())
        case ast.UnaryOp(op=ast.Not()):
            yield "not x -> not not x", _wrapped
        case ast.Constant(value=bool() as held):
            yield f"{held} -> {not held}", _put("value", not held)
        case ast.Constant(value=int() as number):
            yield f"{number} -> {number + 1}", _put("value", number + 1)
            if number:
                yield f"{number} -> {number - 1}", _put("value", number - 1)
        case ast.Constant(value=str() | bytes() as text):
            more = text + "~" if isinstance(text, str) else text + b"~"
            yield f"{text!r} -> {more!r}", _put("value", more)
        case ast.If() | ast.While() | ast.IfExp() if not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            yield "condition negated", _negated
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield "return None", _put("value", ast.Constant(None))
        case ast.comprehension() if node.ifs:
            yield "filter gone", _put("ifs", [])
        case _:
            return


def _put(name: str, value: object) -> Change:
    return lambda node: setattr(node, name, value)


def _setting(name: str, at: int, value: object) -> Change:
    return lambda node: getattr(node, name).__setitem__(at, value)


def _wrapped(node: ast.AST) -> None:
    assert isinstance(node, ast.UnaryOp)  # noqa: S101 -- only made of one
    node.operand = ast.UnaryOp(ast.Not(), node.operand)


def _negated(node: ast.AST) -> None:
    assert isinstance(node, ast.If | ast.While | ast.IfExp)  # noqa: S101 -- only made of one
    node.test = ast.UnaryOp(ast.Not(), node.test)


def _is_text(node: ast.BinOp | ast.AugAssign) -> bool:
    """Whether it puts a sentence together."""
    left = node.left if isinstance(node, ast.BinOp) else node.target
    return isinstance(left, ast.Constant) and isinstance(left.value, str)


def _silent(tree: ast.Module) -> set[int]:
    """Nodes (by id) that hold words for people: docstrings, tables of sentences, messages."""
    found: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) if name in TABLES:
                found |= {id(n) for n in ast.walk(node)}
            case ast.Expr(value=ast.Constant()):
                found.add(id(node.value))
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in SPEAKING:
                spoken = node.args if name in {"Unable", "ValueError", "note", "step"} else node.args[1:2]
                found |= {id(n) for arg in spoken for n in ast.walk(arg) if isinstance(n, ast.Constant | ast.BinOp)}
                found |= {id(n) for k in node.keywords if k.arg == "description" for n in ast.walk(k.value)}
            case _:
                pass
    return found


def mutants(tree: ast.Module) -> Iterator[Mutant]:
    """Every mutant of the file, none of them made yet; a statement that raises or calls is also taken out."""
    silent = _silent(tree)
    lines: dict[int, range] = {}
    functions = [f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)]
    for statement in (s for f in functions for s in ast.walk(f) if isinstance(s, ast.stmt) and s is not f):
        # From the outside inwards: the innermost statement is the last to say so.
        lines |= {id(n): range(statement.lineno, (statement.end_lineno or 0) + 1) for n in ast.walk(statement)}
    for node in ast.walk(tree):
        if id(node) in silent:
            continue
        for what, change in changes(node):
            yield Mutant(getattr(node, "lineno", 0), what, node, change, lines.get(id(node), WHOLE))
        for name in ("body", "orelse", "finalbody"):
            for place, statement in enumerate(getattr(node, name, None) or () if isinstance(node, ast.stmt | ast.Module) else ()):
                gone = isinstance(statement, ast.Raise | ast.Continue) or (
                    isinstance(statement, ast.Expr) and not isinstance(statement.value, ast.Constant | ast.Yield)
                )
                if gone:
                    change = _setting(name, place, ast.Pass())
                    said = f"gone: {ast.unparse(statement)[:60]}"
                    yield Mutant(statement.lineno, said, node, change, lines.get(id(statement), WHOLE))


class Run:
    """A pytest plugin: it runs the collected tests not once but for each mutant, in a forked process, up to the first red one.

    Properties look at fewer examples, the same each time, and shrink nothing.
    """

    def __init__(self, tree: ast.Module, wanted: list[Mutant]) -> None:
        self.tree, self.wanted = tree, wanted
        self.alive: list[Mutant] = []

    @staticmethod
    def pytest_sessionstart() -> None:
        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", deadline=None, derandomize=True, database=None, phases=phases, max_examples=20)
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        reached = reached_by(session.items)
        gc.freeze()  # what stands is shared with the forked processes, and not copied by looking at it
        gc.disable()
        source = SOURCE.read_text(encoding="utf-8").splitlines()
        for count, mutant in enumerate(self.wanted, start=1):
            seen = [item for item, lines in reached if mutant.lines == WHOLE or not lines.isdisjoint(mutant.lines)]
            if survives(mutant, self.tree, seen):
                self.alive.append(mutant)
                sys.stdout.write(f"alive {mutant.line}: {mutant.what}    | {source[mutant.line - 1].strip()}\n")
            if count % 25 == 0:
                sys.stdout.write(f"{count} of {len(self.wanted)}, {len(self.alive)} alive\n")
            sys.stdout.flush()
        return True


def reached_by(items: list[pytest.Item]) -> list[tuple[pytest.Item, frozenset[int]]]:
    """Each test with the lines of the verifier that it runs through, the quickest first. Raises `UsageError` where one is red."""
    found: list[tuple[float, int, frozenset[int]]] = []
    for at, item in enumerate(items):
        lines: set[int] = set()

        def line(frame: FrameType, event: str, _: object, lines: set[int] = lines) -> TraceFunction | None:
            if frame.f_code.co_filename != str(SOURCE):
                return None
            lines.add(frame.f_lineno)
            return line if event in {"call", "line"} else None

        since = time.perf_counter()
        sys.settrace(line)
        red = any(report.failed for report in runtestprotocol(item, log=False, nextitem=(items[at + 1 :] or [None])[0]))
        sys.settrace(None)
        if red:
            raise pytest.UsageError(f"{item.nodeid} is red without any mutant")
        found.append((time.perf_counter() - since, at, frozenset(lines)))
    return [(items[at], lines) for _, at, lines in sorted(found, key=lambda each: each[:2])]


def survives(mutant: Mutant, tree: ast.Module, items: list[pytest.Item]) -> bool:
    """Whether the tests pass with the mutant in the verifier's place. The tree is changed in the forked process alone."""
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        try:
            mutant.change(mutant.node)
            exec(compile(ast.fix_missing_locations(tree), str(SOURCE), "exec"), vars(sys.modules["verifier.verify"]))  # noqa: S102 -- the mutant itself
            for item, following in zip_longest(items, items[1:]):
                if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
                    os._exit(1)
            os._exit(0)
        except BaseException:  # noqa: BLE001 -- a mutant that cannot even be loaded is dead
            os._exit(1)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="first", type=int, default=0, help="begin with this mutant")
    parser.add_argument("--step", type=int, default=1, help="only every so manieth, for a first impression")
    parser.add_argument("--list", action="store_true", help="name the mutants and test none")
    given = parser.parse_args()
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    wanted = list(mutants(tree))[given.first :: given.step]
    if given.list:
        sys.stdout.writelines(f"{m.line}: {m.what}\n" for m in wanted)
        return 0
    run = Run(tree, wanted)
    quiet = ("-q", "-s", "-p", "no:cacheprovider", "--no-header", "-W", "ignore::pytest.PytestAssertRewriteWarning")
    if pytest.main([*quiet, *TESTS], plugins=[run]) not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        return 2
    killed = 1 - len(run.alive) / len(wanted)
    sys.stdout.write(f"{len(wanted)} mutants, {len(wanted) - len(run.alive)} killed ({killed:.1%}), {len(run.alive)} alive\n")
    return 0 if killed >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
