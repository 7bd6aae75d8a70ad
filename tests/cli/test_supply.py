"""What is installed is what was locked: hashes everywhere, a list of parts, and the same wheel twice."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
PINNED = re.compile(r"^[\w.-]+(\[[\w,]+\])?==\S+", re.MULTILINE)


def ran(*command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """What a command said, in the folder of the sources."""
    return subprocess.run(  # noqa: S603 -- our own commands
        command, cwd=ROOT, env={**os.environ, **more}, capture_output=True, text=True, check=False
    )


def unhashed(requirements: str) -> list[str]:
    """Lines that name a library without a hash beside its version."""
    blocks = re.split(r"\n(?=\S)", requirements.strip())
    return [block for block in blocks if not (PINNED.match(block) and "--hash=sha256:" in block)]


def exported(*choice: str) -> str:
    """What uv makes of the lock."""
    return ran(
        UV, "export", "--frozen", "--quiet", "--no-header", "--no-annotate", "--no-emit-project", *choice
    ).stdout


@pytest.mark.parametrize(
    "choice", [("--no-dev", "--all-extras"), ("--group", "dev", "--all-extras"), ("--only-group", "build")]
)
def test_every_library_is_locked_with_its_hash(choice: tuple[str, ...]) -> None:
    lines = exported(*choice)
    assert unhashed(lines) == []
    assert len(PINNED.findall(lines)) > 5


def test_a_library_without_a_hash_is_found() -> None:
    assert unhashed("flask==3.1.3\n") == ["flask==3.1.3"]
    assert unhashed("flask>=3 \\\n    --hash=sha256:0\n") != []


def test_the_tools_that_build_are_those_of_the_lock() -> None:
    assert (ROOT / "deploy" / "build.txt").read_text(encoding="utf-8") == exported("--only-group", "build")


def test_nothing_is_installed_in_the_image_without_a_hash() -> None:
    told = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    installs = [part for line in told.splitlines() for part in line.split("&&") if "pip install" in part]
    assert len(installs) == 3
    for one in installs:
        assert "--require-hashes" in one or one.split()[-2:] == ["--no-deps", "dist/*.whl"], one
    assert "python -m hatchling build" in told, "uv build would fetch what builds, of whatever version"


def test_the_list_of_parts_is_whole(tmp_path: Path) -> None:
    done = ran(sys.executable, "dev.py", "sbom")
    assert done.returncode == 0, done.stderr
    told = json.loads((ROOT / "dist" / "portevoix.cdx.json").read_text(encoding="utf-8"))
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.5")
    names = {part["name"] for part in told["components"]}
    assert names == {
        name.split("==")[0].split("[")[0]
        for name in exported("--no-dev", "--all-extras").split()
        if "==" in name and not name.startswith("'")
    } - {""}
    assert all(part["version"] and part["purl"].startswith("pkg:pypi/") for part in told["components"])
    known = {part["bom-ref"] for part in told["components"]} | {told["metadata"]["component"]["bom-ref"]}
    assert {one for row in told["dependencies"] for one in [row["ref"], *row.get("dependsOn", [])]} <= known
    assert told["metadata"]["component"]["version"]
    assert tmp_path.exists()


def test_the_same_sources_make_the_same_wheel_byte_for_byte(tmp_path: Path) -> None:
    digests = []
    for name in ("one", "two"):
        done = ran(
            sys.executable,
            "-m",
            "hatchling",
            "build",
            "-t",
            "wheel",
            "-d",
            str(tmp_path / name),
            SOURCE_DATE_EPOCH="1800000000",
        )
        assert done.returncode == 0, done.stderr
        (wheel,) = (tmp_path / name).glob("*.whl")
        digests.append(hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert digests[0] == digests[1]
    ran(
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-t",
        "wheel",
        "-d",
        str(tmp_path / "late"),
        SOURCE_DATE_EPOCH="1900000000",
    )
    (other,) = (tmp_path / "late").glob("*.whl")
    assert hashlib.sha256(other.read_bytes()).hexdigest() != digests[0], "the control: another date is seen"


class Advisories(BaseHTTPRequestHandler):
    """The service that uv asks, with one fault of one library."""

    FAULT = ""

    def do_POST(self) -> None:
        """Which of the libraries have faults."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        results = [
            {"vulns": [{"id": "GHSA-0000-0000-0000", "modified": "2026-01-01T00:00:00Z"}]}
            if query["package"]["name"] == self.FAULT
            else {}
            for query in asked["queries"]
        ]
        self._say({"results": results})

    def do_GET(self) -> None:
        """The fault."""
        self._say(
            {
                "id": "GHSA-0000-0000-0000",
                "modified": "2026-01-01T00:00:00Z",
                "summary": "planted",
                "affected": [],
            }
        )

    def _say(self, told: object) -> None:
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_what: object) -> None:
        """Nothing."""


@contextmanager
def advisories(fault: str) -> Iterator[str]:
    """Where the service answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("One", (Advisories,), {"FAULT": fault}))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("fault", "status"), [("", 0), ("flask", 1)])
def test_a_known_fault_of_a_library_is_told(fault: str, status: int) -> None:
    with advisories(fault) as url:
        done = ran(sys.executable, "dev.py", "audit", "--service-url", url)
    assert done.returncode == status, done.stdout
    assert ("GHSA-0000-0000-0000" in done.stdout) is bool(fault)


def test_advisories_that_cannot_be_asked_are_neither_good_nor_bad_news() -> None:
    done = ran(sys.executable, "dev.py", "audit", "--service-url", "http://127.0.0.1:9/", UV_HTTP_RETRIES="0")
    assert done.returncode == 3, done.stdout
    assert "nothing is known" in done.stdout
