"""Runs tests against a mutant in a process of its own that has all libraries loaded already.

cosmic-ray would write each mutant over the file and begin a new Python for it: four seconds of imports for
a tenth of a second of tests, and a tree in which nobody else may work. Here one process loads the libraries,
then divides itself for every mutant; the mutant is put in the module's place as the copy imports it.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import ModuleType

_MOST_MEMORY = 4 << 30
_ALONE = ("-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=short")
"""For every run; plugins are not looked for, as xdist and random order would only make it slower."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One run to make: the module's path and its text (None: as it is), the tests, the seconds given."""

    number: int
    path: str
    text: str | None
    tests: tuple[str, ...]
    seconds: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a trial: "passed", "failed", "timeout"; the seconds; the end of what pytest said."""

    number: int
    result: str
    seconds: float
    said: str


class _Instead(importlib.machinery.SourceFileLoader):
    """Gives one module the text of its mutant."""

    def __init__(self, trial: Trial) -> None:
        self._name = trial.path.removesuffix(".py").replace("/", ".")
        self._text = trial.text or ""
        super().__init__(self._name, str(Path(trial.path).resolve()))

    def find_spec(self, name: str, _path: Any, _target: ModuleType | None = None) -> Any:
        """The mutant, for the module that it stands for."""
        if name != self._name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def get_code(self, _name: str) -> Any:
        """The mutant's code; nothing of it is kept on disk."""
        return compile(self._text, self.path, "exec", dont_inherit=True)


def enter(copy: Path) -> None:
    """Stand in the copy, so that `portal` and `tests` come from there and nothing else."""
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    found = importlib.util.find_spec("portal")
    if found is None or not str(found.origin).startswith(str(copy)):
        raise RuntimeError(f"the copy's own `portal` would not be tested, but {found and found.origin}")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.dont_write_bytecode = True
    # A slow machine must not count as a fault that was seen, and every mutant meets the same examples.
    hypothesis.settings.register_profile("mutants", deadline=None, derandomize=True, database=None)
    hypothesis.settings.load_profile("mutants")


def load_libraries(tests: Sequence[str], ground: Path) -> Verdict:
    """Load whatever these tests import, the copy's own modules apart; the verdict on them unchanged."""
    told = ground / "modules.json"
    [verdict] = verdicts([Trial(0, "", None, tuple(tests), 1200)], ground, at_once=1, told=told)
    for name in json.loads(told.read_text()) if told.exists() else ():
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    return verdict


def verdicts(
    trials: Iterable[Trial], ground: Path, *, at_once: int, told: Path | None = None
) -> Iterator[Verdict]:
    """The verdict on each trial, as they come, so many at a time."""
    running: dict[int, tuple[Trial, float]] = {}
    waiting = iter(trials)
    while True:
        while len(running) < at_once and (trial := next(waiting, None)) is not None:
            child = os.fork()
            if child == 0:
                _child(trial, ground, told)
            running[child] = trial, time.monotonic()
        if not running:
            return
        child, status = os.wait()
        trial, begun = running.pop(child)
        yield _verdict(trial, status, time.monotonic() - begun, ground)


def _child(trial: Trial, ground: Path, told: Path | None) -> None:
    """Run the tests and end this process; never returns."""
    os.setsid()
    out = os.open(ground / f"{trial.number}.out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    code = 3
    try:
        signal.alarm(trial.seconds)
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
        if trial.text is not None:
            sys.meta_path.insert(0, _Instead(trial))
        code = int(pytest.main([*_ALONE, f"--basetemp={ground / str(trial.number)}", *trial.tests]))
        if told is not None:
            told.write_text(json.dumps(_foreign()))
    finally:
        sys.stdout.flush()
        os._exit(code)


def _foreign() -> list[str]:
    """The modules in memory that are not of the house."""
    here = str(Path.cwd())
    return [
        name
        for name, module in list(sys.modules.items())
        if getattr(module, "__file__", None) and not str(module.__file__).startswith(here)
    ]


def _verdict(trial: Trial, status: int, seconds: float, ground: Path) -> Verdict:
    out = ground / f"{trial.number}.out"
    said = out.read_text(encoding="utf-8", errors="replace").strip()
    out.unlink()
    if os.WIFSIGNALED(status):
        result = "timeout" if os.WTERMSIG(status) == signal.SIGALRM else "failed"
    else:
        result = "failed" if os.WEXITSTATUS(status) else "passed"
    return Verdict(trial.number, result, round(seconds, 2), "\n".join(said.splitlines()[-30:]))
