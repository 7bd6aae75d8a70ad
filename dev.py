"""The one entrance for whoever works on Portevoix: `python3 dev.py help` lists what it does.

It exists so that a fresh clone needs `python3`, `make` and `git` alone. It knows how to make the
environment and which command does what, nothing of the portal itself, and uses the standard library only.
No address of a registry and no path of a machine is written here: pip and uv read their own settings.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

if sys.version_info < (3, 11):  # noqa: UP036 -- said in a sentence before anything newer is used
    sys.exit(f"Portevoix needs Python 3.11 or newer; this one is {sys.version.split()[0]}.")

import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from ctypes.util import find_library
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = str(BIN / "python")
UV = str(BIN / "uv")
UV_VERSION = "0.13.8"
BUILD_TOOLS = ROOT / "deploy" / "build.txt"
LOG = ROOT / "var" / "log"
REFUSED = 1
UNKNOWN = 3
INTERRUPTED = 130


# ---------------------------------------------------------------- commands


def say(sentence: str) -> None:
    """Print one line at once, so that it stands above what the next command prints."""
    print(sentence, flush=True)


def stop(*sentences: str) -> NoReturn:
    """Leave with status 1 and say what to do."""
    sys.exit("\n".join(sentences))


def status(*command: str, **extra: str) -> int:
    """The exit status of a command whose output is shown; `extra` goes into its environment."""
    try:
        return subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, env={**os.environ, **extra}, check=False
        ).returncode
    except KeyboardInterrupt:
        return INTERRUPTED


def quiet(*command: str) -> tuple[int, str]:
    """The exit status and everything a command printed; 127 and a sentence if it is not there."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as fault:
        return 127, f"{command[0]}: {fault.strerror}"
    return done.returncode, done.stdout


# ---------------------------------------------------------------- Debian packages


def may_install() -> bool:
    """Whether missing Debian packages can be brought without asking anybody."""
    return shutil.which("apt-get") is not None and hasattr(os, "geteuid") and os.geteuid() == 0


def install(packages: list[str]) -> bool:
    """Whether apt installed these; what it printed goes to `var/log/apt.log`, its end is shown on failure."""
    say(f"Installing Debian packages: {' '.join(packages)}")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    LOG.mkdir(parents=True, exist_ok=True)
    told = ""
    for command in (
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages),
    ):
        code, output = quiet(*command)
        told += f"$ {' '.join(command)}\n{output}"
    (LOG / "apt.log").write_text(told, encoding="utf-8")
    if code:
        say("\n".join(["apt-get could not; the end of var/log/apt.log:", *told.splitlines()[-5:]]))
    return code == 0


# ---------------------------------------------------------------- the environment


def _venv_works() -> bool:
    code, _ = quiet(PYTHON, "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))")
    return code == 0


def _make_venv() -> None:
    if find_spec("ensurepip") is None and not (may_install() and install(["python3-venv"])):
        stop(
            "This Python cannot make environments yet. Type, then try again:",
            "  sudo apt-get install python3-venv",
        )
    say("Making .venv")
    code, output = quiet(sys.executable, "-m", "venv", "--clear", str(VENV))
    if code:
        stop(output, "Python could not make .venv; the lines above say why.")


def _has_uv() -> bool:
    code, output = quiet(UV, "--version")
    if code == 0 and output.split()[1:2] == [UV_VERSION]:
        return True
    say(f"Installing uv {UV_VERSION} into .venv")
    pinned = LOG.parent / "uv.txt"
    pinned.parent.mkdir(exist_ok=True)
    pinned.write_text(_pinned_uv(), encoding="utf-8")
    code, _ = quiet(
        PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", str(pinned)
    )
    return code == 0


def _pinned_uv() -> str:
    """The lines of deploy/build.txt about uv: its version and every hash."""
    lines = BUILD_TOOLS.read_text(encoding="utf-8").splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if line.startswith("uv=="))
    last = next((n for n in range(first + 1, len(lines)) if not lines[n].startswith(" ")), len(lines))
    return "".join(lines[first:last])


def _pip(*what: str) -> None:
    code, output = quiet(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what)
    if code:
        stop(output, "pip could not install the dependencies; the lines above say why.")


def _unlocked(*, tests: bool, also: str) -> None:
    say("uv is not to be had: plain pip installs, and may choose other versions than uv.lock.")
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    asked = [*(groups["dev"] if tests else ()), *(groups[also] if also else ())]
    _pip("--editable", ".[postgres]" if tests else ".", *asked)


def environment(*, tests: bool = False, also: str = "") -> None:
    """Make or refresh `.venv` after `uv.lock`, with the developers' tools if `tests`, and one more group.

    If uv can be had but cannot fetch (some networks are open to pip's mirror alone), pip installs the very
    same locked versions, checked by hash. Leaves with a sentence when neither works.
    """
    if not _venv_works():
        _make_venv()
    if not _has_uv():
        _unlocked(tests=tests, also=also)
        return
    if not any(BIN.glob("portal*")):
        say("Installing the locked dependencies")
    choice: tuple[str, ...] = (
        ("--group", "dev", "--group", "build", "--all-extras") if tests else ("--no-dev",)
    )
    choice += ("--group", also) if also else ()
    code, output = quiet(UV, "sync", "--quiet", "--locked", "--inexact", *choice)
    if code == 0:
        return
    locked = LOG.parent / "requirements.txt"
    locked.parent.mkdir(exist_ok=True)
    exported, complaint = quiet(
        UV, "export", "--quiet", "--locked", "--no-emit-project", "--output-file", str(locked), *choice
    )
    if exported:
        stop(output, complaint, "uv could not install what uv.lock says; the lines above say why.")
    say("uv could not fetch; pip installs the same locked versions")
    _pip("--require-hashes", "--requirement", str(locked))
    _pip("--no-deps", "--editable", ".")


def catalogues() -> None:
    """Compile every catalogue of translations that is newer than its compiled form."""
    sources = (ROOT / "translations").glob("*/LC_MESSAGES/*.po")
    if any(_is_newer(source, source.with_suffix(".mo")) for source in sources):
        code, output = quiet(PYTHON, "tools/catalogues.py", "compile")
        if code:
            stop(output, "The translations could not be compiled; the lines above say why.")


def _is_newer(source: Path, made: Path) -> bool:
    return not made.exists() or source.stat().st_mtime > made.stat().st_mtime


# ---------------------------------------------------------------- make run


def run(arguments: list[str]) -> int:
    """Install, make the demo world if it is not there, and serve it (PORT=8000)."""
    port = os.environ.get("PORT") or "8000"
    if not port.isdecimal():
        stop(f"PORT must be a number, such as 8000; it is {port!r}.")
    environment()
    catalogues()
    command = [str(BIN / "portal"), "demo", "--data", str(Path("var", "demo")), "--port", port, *arguments]
    if os.name != "posix":
        return status(*command)
    os.chdir(ROOT)
    return os.execv(command[0], command)  # noqa: S606 -- the server takes our place, so that signals reach it


# ---------------------------------------------------------------- make test


def _on_path(*names: str) -> bool:
    return any(shutil.which(name) for name in names)


def _there(pattern: str) -> bool:
    return any(Path("/").glob(pattern))


@dataclass(frozen=True, slots=True)
class Need:
    """A program of the machine that some tests need: its Debian package, what stays untested without it."""

    package: str
    untested: str
    is_there: Callable[[], bool]


NEEDS = (
    Need(
        "chromium",
        "the journeys in a browser",
        lambda: _on_path("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    ),
    Need(
        "postgresql",
        "everything on PostgreSQL",
        lambda: _on_path("postgres") or _there("usr/lib/postgresql/*/bin/postgres"),
    ),
    Need(
        "fonts-noto-core",
        "how Arabic looks",
        lambda: sys.platform != "linux" or _there("usr/share/fonts/**/NotoSansArabic*"),
    ),
    Need(
        "libzbar0",
        "that a second reader reads what is printed",
        lambda: find_library("zbar") is not None,
    ),
)


def _bring_needs() -> None:
    missing = [need for need in NEEDS if not need.is_there()]
    if missing and may_install():
        install([need.package for need in missing])
        missing = [need for need in missing if not need.is_there()]
    for need in missing:
        say(f"Not tested without it: {need.untested}. To bring it: sudo apt-get install {need.package}")


def test(arguments: list[str]) -> int:
    """Run the whole suite: SQLite, PostgreSQL, browser (ARGS="-k words" for a part; CI=true: no skip)."""
    environment(tests=True)
    catalogues()
    _bring_needs()
    strict = {"PORTAL_TEST_NO_SKIP": "1"} if os.environ.get("CI", "").lower() in {"true", "1"} else {}
    return status(PYTHON, "-m", "pytest", "-n", "auto", "--dist", "worksteal", *arguments, **strict)


# ---------------------------------------------------------------- make check


@dataclass(frozen=True, slots=True)
class Check:
    """One step of `make check`: its name, its command (a program of `.venv`), the path it is about."""

    name: str
    command: tuple[str, ...]
    about: str = "."


CHECKS = (
    Check("types", ("mypy",)),
    Check("lint", ("ruff", "check", ".")),
    Check("format", ("ruff", "format", "--check", ".")),
    Check("imports", ("lint-imports", "--no-logo")),
    Check("templates", ("djlint", "templates", "--lint", "--quiet"), "templates"),
    Check("translations", ("python", "tools/catalogues.py", "check"), "translations/portal.pot"),
    Check("lock", ("uv", "lock", "--check"), "uv.lock"),
    Check("docs", ("python", "-m", "portal.docs", "check"), "portal/docs.py"),
)


def _checked(step: Check) -> tuple[Check, int, str, float]:
    begun = time.perf_counter()
    code, output = quiet(str(BIN / step.command[0]), *step.command[1:])
    return step, code, output, time.perf_counter() - begun


def check(arguments: list[str]) -> int:
    """Check format, lint, types, imports, templates, translations, docs (ARGS="types lint" for a part)."""
    known = [step.name for step in CHECKS]
    unknown = set(arguments) - set(known)
    if unknown:
        stop(f"No such check: {' '.join(sorted(unknown))}. There are: {' '.join(known)}.")
    environment(tests=True)
    steps = [
        step for step in CHECKS if (not arguments or step.name in arguments) and (ROOT / step.about).exists()
    ]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        results = list(workers.map(_checked, steps))
    for step, code, output, _ in results:
        if code:
            say(f"\n== {step.name}: {' '.join(step.command)}\n{output.strip()}")
    say("")
    for step, code, _, seconds in results:
        say(f"{step.name:<14}{'FAILED' if code else 'ok':<8}{seconds:5.1f} s")
    return REFUSED if any(code for _, code, _, _ in results) else 0


# ---------------------------------------------------------------- make sbom, audit


def sbom(_arguments: list[str]) -> int:
    """Write dist/portevoix.cdx.json: every library of what serves, with its hashes (CycloneDX)."""
    environment(tests=True)
    code, output = quiet(
        UV, "export", "--quiet", "--frozen", "--no-dev", "--all-extras", "--format", "cyclonedx1.5"
    )
    if code:
        stop(output, "uv could not tell the libraries; the lines above say why.")
    told = json.loads(output[output.index("{") :])
    _, version = quiet(PYTHON, "-c", "import portal; print(portal.__version__)")
    told["metadata"]["component"].update(type="application", version=version.strip())
    target = ROOT / "dist" / "portevoix.cdx.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    say(f"{len(told['components'])} libraries in dist/{target.name}")
    return 0


def audit(arguments: list[str]) -> int:
    """Ask OSV for known faults of every locked library: 0 none, 1 some, 3 when it could not be asked."""
    environment(tests=True)
    code, output = quiet(UV, "audit", "--frozen", "--preview-features", "audit-command", *arguments)
    say(output.strip())
    if code in {0, REFUSED}:
        return code
    say("The advisories could not be asked: nothing is known about these libraries, good or bad.")
    return UNKNOWN


# ---------------------------------------------------------------- make bench


def bench(arguments: list[str]) -> int:
    """Measure speed against a bare application, in 6 minutes (ARGS="--full" for a million; Linux only)."""
    environment(tests=True)
    catalogues()
    return status(PYTHON, "-m", "bench", *arguments)


# ---------------------------------------------------------------- make mutants


def mutants(arguments: list[str]) -> int:
    """Change walls, rules and clocks sign by sign: a test must see each (ARGS="--most 50": a sample)."""
    environment(tests=True, also="mutants")
    catalogues()
    return status(PYTHON, "-m", "tools.mutants", *arguments)


# ---------------------------------------------------------------- make messages, docs, pictures, help


def messages(_arguments: list[str]) -> int:
    """Collect the sentences of code and templates into the translation catalogues."""
    environment(tests=True)
    return status(PYTHON, "tools/catalogues.py", "update")


def docs(_arguments: list[str]) -> int:
    """Write the pages of docs/generated from the tables in the code."""
    environment(tests=True)
    return status(PYTHON, "-m", "portal.docs", "write")


def pictures(_arguments: list[str]) -> int:
    """Take the pictures of README.md anew, of the demo world, by Chromium."""
    environment(tests=True)
    catalogues()
    return status(PYTHON, "tools/pictures.py")


def show_help(_arguments: list[str]) -> int:
    """List these targets."""
    for name, target in TARGETS.items():
        say(f"make {name:<10}{(target.__doc__ or '').splitlines()[0]}")
    return 0


def names(_arguments: list[str]) -> int:
    """Print the targets on one line, for the Makefile."""
    say(" ".join(TARGETS))
    return 0


TARGETS: dict[str, Callable[[list[str]], int]] = {
    "run": run,
    "test": test,
    "check": check,
    "bench": bench,
    "mutants": mutants,
    "sbom": sbom,
    "audit": audit,
    "messages": messages,
    "docs": docs,
    "pictures": pictures,
    "help": show_help,
}


def main(arguments: list[str]) -> int:
    """The exit status of the target named first; without one, of `run`; 2 and the list for an unknown one."""
    name, *rest = arguments or ["run"]
    target = {**TARGETS, "names": names}.get(name)
    if target is None:
        say(f"There is no target {name!r}. There are:")
        show_help([])
        return 2
    return target(rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
