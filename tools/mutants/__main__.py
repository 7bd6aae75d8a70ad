"""`make mutants`: change the house's walls, rules and clocks one sign at a time, and see a test turn red.

A test that passes whatever the code says holds nothing. Each module of `targets.toml` is changed by the
operators of `operators.py`, in a copy of the last commit; the tests named there must kill the mutant. What
means the same in other words stands in `equivalent.toml`, each with its reason. The score is killed mutants
among those that are not equivalent; below the bar the command fails.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.mutants.operators import mutants_of
from tools.mutants.runner import Trial, enter, load_libraries, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KEPT = ROOT / "var" / "mutants"
BAR = 0.85
SEED = 20270324
LEAST_SECONDS = 30
CHUNK = 16
_NINETY_FIVE = 1.96


@dataclass(frozen=True, slots=True)
class Target:
    """A module to change: its part of the house, the tests that must see it, those asked after them."""

    part: str
    path: str
    tests: tuple[str, ...]
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: the operator, the lines it took away and put there, and what came of it."""

    path: str
    operator: str
    line: int
    was: str
    now: str
    digest: str
    result: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Count:
    """A module's figures; `possible` is how many mutants there are, the others are of those that ran."""

    part: str
    path: str
    possible: int
    killed: int
    survived: int
    equivalent: int

    @property
    def score(self) -> float:
        """Killed among those that mean something else; 1 when there is none."""
        return self.killed / (self.killed + self.survived) if self.killed + self.survived else 1.0

    @property
    def interval(self) -> tuple[float, float]:
        """Where the score of all mutants lies, with 95 % (Wilson); the score itself when all ran."""
        n, p, z = self.killed + self.survived, self.score, _NINETY_FIVE
        if n == 0 or n + self.equivalent == self.possible:
            return p, p
        middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def targets() -> list[Target]:
    """The modules of `targets.toml`, in its order."""
    table = tomllib.loads((HERE / "targets.toml").read_text(encoding="utf-8"))
    return [
        Target(
            part,
            module["path"],
            tuple(module.get("tests") or row["tests"]),
            tuple(module.get("more", row.get("more", ()))),
        )
        for part, row in table.items()
        for module in row["modules"]
    ]


def equivalents() -> set[tuple[str, str, str]]:
    """Path, line and changed line of each mutant judged to mean the same. Each must have a reason."""
    rows = tomllib.loads((HERE / "equivalent.toml").read_text(encoding="utf-8"))["same"]
    if unreasoned := [row for row in rows if len(row["why"].split()) < 3]:  # noqa: PLR2004 -- a reason is a sentence
        raise SystemExit(f"a reason is missing: {unreasoned}")
    return {(row["path"], row["was"].strip(), row["now"].strip()) for row in rows}


def changed(source: str, text: str) -> tuple[int, str, str]:
    """The number of the first line that changed, the lines taken away, the lines put there."""
    before, after = source.splitlines(), text.splitlines()
    line, was, now = 0, [], []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            line = line or i + 1
            was += [one.strip() for one in before[i:j]]
            now += [one.strip() for one in after[k:m]]
    return line, " ".join(was).strip(), " ".join(now).strip()


def copied(into: Path) -> Path:
    """A copy of the last commit: others may work on in the tree."""
    subprocess.run(["git", "clone", "-q", "--shared", str(ROOT), str(into)], check=True)  # noqa: S603, S607 -- git of the machine
    subprocess.run([sys.executable, "tools/catalogues.py", "compile"], cwd=into, check=True)
    return into


def measured(target: Target, ground: Path, options: argparse.Namespace) -> Count:
    """Run the mutants of one module, in a process of its own: each begins with nothing of another's."""
    command = [sys.executable, "-m", "tools.mutants", "--one", target.path, "--ground", str(ground)]
    command += ["--most", str(options.most), "--at-once", str(options.at_once), "--seed", str(options.seed)]
    command += ["--again"] if options.again else []
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 -- ourselves
    return counted(target)


def counted(target: Target) -> Count:
    """The figures of the module's last run, judged by the equivalents as they are now."""
    told = json.loads((KEPT / _file_of(target)).read_text(encoding="utf-8"))
    same = equivalents()
    equal = [row for row in told["mutants"] if (target.path, row["was"].strip(), row["now"].strip()) in same]
    if killed := [row for row in equal if row["result"] != "passed"]:
        raise SystemExit(f"called equivalent, and yet a test tells them apart: {killed}")
    passed = sum(row["result"] == "passed" for row in told["mutants"])
    dead = len(told["mutants"]) - passed
    return Count(target.part, target.path, told["possible"], dead, passed - len(equal), len(equal))


def _file_of(target: Target) -> str:
    return target.path.replace("/", ".") + ".json"


def _check_tests(target: Target, source: str, basis: Path) -> float:
    """The seconds that the tests take; leaves when they fail unchanged, or pass what is plainly broken."""
    unchanged = [load_libraries(tests, basis) for tests in (target.tests, target.more) if tests]
    broken = Trial(1, target.path, "raise RuntimeError('planted')\n", target.tests, 600)
    unbroken = Trial(2, target.path, source, target.tests, 600)
    planted, again = sorted(verdicts([broken, unbroken], basis, at_once=1), key=lambda one: one.number)
    if planted.result != "failed" or {one.result for one in (*unchanged, again)} != {"passed"}:
        told = "\n".join(one.said for one in (*unchanged, again))
        raise SystemExit(f"{target.path}: a broken module is not seen, or an unchanged one fails\n{told}")
    return again.seconds


def run_one(target: Target, ground: Path, options: argparse.Namespace) -> None:
    """Run the mutants of a module; what came of them goes to `var/mutants`."""
    source = (ground / "copy" / target.path).read_text(encoding="utf-8")
    enter(ground / "copy")
    basis = ground / "runs"
    basis.mkdir(exist_ok=True)
    seconds = _check_tests(target, source, basis)
    every = list(mutants_of(source))
    # In an order drawn by chance, so that a run cut short is a fair sample of the whole.
    random.Random(f"{options.seed}{target.path}").shuffle(every)  # noqa: S311 -- a sample that can be drawn again
    chosen = every[: options.most or None]
    known = _killed_before(target) if options.again else {}
    limit = max(LEAST_SECONDS, round(seconds * 8))
    _say(f"{target.path}: {len(chosen)} of {len(every)} mutants, tests take {seconds} s")
    rows = [Mutant(target.path, name, *changed(source, text), _digest(text)) for name, text in chosen]
    done = [replace(row, result=known[row.digest]) for row in rows if row.digest in known]
    todo = [(row, text) for row, (_, text) in zip(rows, chosen, strict=True) if row.digest not in known]
    for begin in range(0, len(todo), CHUNK):
        chunk = dict(enumerate(todo[begin : begin + CHUNK], begin + 3))
        trials = [Trial(n, target.path, text, target.tests, limit) for n, (_, text) in chunk.items()]
        came = {one.number: one for one in verdicts(trials, basis, at_once=options.at_once)}
        if target.more:
            left = [
                replace(t, tests=target.more, seconds=600)
                for t in trials
                if came[t.number].result == "passed"
            ]
            came |= {one.number: one for one in verdicts(left, basis, at_once=options.at_once)}
        done += [
            replace(row, result=came[n].result, seconds=came[n].seconds) for n, (row, _) in chunk.items()
        ]
        _keep(target, len(every), done)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _killed_before(target: Target) -> dict[str, str]:
    """What came of the mutants that an earlier run killed, by their digest; empty without such a run."""
    kept = KEPT / _file_of(target)
    told = json.loads(kept.read_text(encoding="utf-8"))["mutants"] if kept.exists() else []
    return {row["digest"]: row["result"] for row in told if row["result"] != "passed"}


def _keep(target: Target, possible: int, rows: list[Mutant]) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    told = {"possible": possible, "mutants": [asdict(row) for row in sorted(rows, key=lambda row: row.line)]}
    (KEPT / _file_of(target)).write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


def table(counts: Iterable[Count]) -> str:
    """The figures as a table of Markdown, a line for each module and one for each part."""
    lines = [
        "| part | module | mutants | run | killed | survived | equivalent | score |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    parts: dict[str, list[Count]] = {}
    for count in counts:
        parts.setdefault(count.part, []).append(count)
        lines.append(_line(count.part, f"`{count.path}`", count))
    for part, rows in parts.items():
        names = ("possible", "killed", "survived", "equivalent")
        whole = Count(part, "", *(sum(getattr(row, name) for row in rows) for name in names))
        lines.append(_line(f"**{part}**", "all", whole))
    return "\n".join(lines)


def _line(part: str, name: str, count: Count) -> str:
    run = count.killed + count.survived + count.equivalent
    low, high = count.interval
    score = f"{count.score:.1%}" + (f" ({low:.1%} to {high:.1%})" if run < count.possible else "")
    figures = (count.possible, run, count.killed, count.survived, count.equivalent)
    return f"| {part} | {name} | {' | '.join(map(str, figures))} | {score} |"


def survivors(chosen: Iterable[Target]) -> Iterable[str]:
    """A paragraph for each mutant that no test tells from the module, the equivalent ones apart."""
    same = equivalents()
    for target in chosen:
        for row in json.loads((KEPT / _file_of(target)).read_text(encoding="utf-8"))["mutants"]:
            if (
                row["result"] == "passed"
                and (target.path, row["was"].strip(), row["now"].strip()) not in same
            ):
                yield f"{target.path}:{row['line']} {row['operator']}\n  - {row['was']}\n  + {row['now']}"


def _say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201 -- a command's word


def _options(arguments: Sequence[str]) -> Any:
    parser = argparse.ArgumentParser(
        prog="make mutants", description="How many small faults do the tests see?"
    )
    parser.add_argument("words", nargs="*", help="modules whose path holds one of these words; all without")
    parser.add_argument("--most", type=int, default=0, help="a sample of so many for each module")
    parser.add_argument("--seed", type=int, default=SEED, help="of the sample")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--again", action="store_true", help="only those that no test saw in the last run")
    parser.add_argument("--report", action="store_true", help="tell of the last run, run nothing")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--ground", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """0 when every part reaches the bar, 1 otherwise."""
    options = _options(arguments)
    chosen = [
        one for one in targets() if not options.words or any(word in one.path for word in options.words)
    ]
    if options.one:
        run_one(next(one for one in targets() if one.path == options.one), options.ground, options)
        return 0
    if options.report:
        counts = [counted(target) for target in chosen]
    else:
        ground = Path(tempfile.mkdtemp(prefix="mutants-"))
        try:
            copied(ground / "copy")
            counts = [measured(target, ground, options) for target in chosen]
        finally:
            shutil.rmtree(ground, ignore_errors=True)
    for paragraph in survivors(chosen):
        _say(paragraph)
    _say(table(counts))
    return 0 if all(count.score >= BAR for count in counts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
