"""What the container files say stands in the code: settings, folders, roles. No image is built here."""

from __future__ import annotations

import os
import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from commanding import portal
from servers import as_superuser, binaries, postgresql

from portal.core.config import PREFIX, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
OURS = {"portal", "worker", "upgrade", "backup"}


@pytest.fixture
def services() -> dict[str, dict[str, Any]]:
    """The services of compose.yaml by name, anchors resolved."""
    told = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    services: dict[str, dict[str, Any]] = told["services"]
    return services


def test_every_setting_of_a_container_is_known(services: dict[str, dict[str, Any]]) -> None:
    known = {PREFIX + setting.name for setting in SETTINGS}
    for name in OURS:
        assert set(services[name]["environment"]) <= known


def test_no_segment_of_the_log_outlives_what_a_purge_destroyed(services: dict[str, dict[str, Any]]) -> None:
    assert "wal_recycle=off" in services["database"]["command"]


def test_our_containers_write_nothing_but_their_data(services: dict[str, dict[str, Any]]) -> None:
    for name in OURS:
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["tmpfs"] == ["/tmp"]  # noqa: S108 -- inside the container
    assert not any("privileged" in one for one in services.values())


def test_who_serves_does_not_know_the_owner(services: dict[str, dict[str, Any]]) -> None:
    owners = {name for name in OURS if "PORTAL_DATABASE_OWNER_URL" in services[name]["environment"]}
    assert owners == {"upgrade", "backup"}
    assert "--no-jobs" in services["portal"]["command"]


def copied() -> list[str]:
    """What the Dockerfile takes from the checkout."""
    lines = re.findall(
        r"^COPY (?!--from)(.+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE
    )
    return [source for line in lines for source in line.split()[:-1]]


def test_the_image_takes_what_is_there_and_is_let_through() -> None:
    admitted = [
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    ]
    for source in copied():
        assert (ROOT / source).exists(), source
        assert any(fnmatch(source, one) for one in admitted), source
    assert len(copied()) > 5


def test_the_image_serves_as_nobody_in_particular() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001"]
    assert lines.index("USER 10001") > max(n for n, line in enumerate(lines) if line.startswith("RUN "))


@pytest.fixture
def new_cluster() -> Iterator[int]:
    """A cluster in which nothing was made yet; its port."""
    if binaries() is None:
        pytest.skip("PostgreSQL server is not installed")
    with postgresql() as (_folder, port):
        yield port


@pytest.mark.postgres
def test_the_roles_that_the_script_makes_are_those_the_portal_asks_for(
    new_cluster: int, tmp_path: Path
) -> None:
    where = binaries()
    script = subprocess.run(  # noqa: S603 -- our own script
        [str(ROOT / "deploy" / "roles.sh")],
        env={
            **os.environ,
            "PATH": f"{where}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(new_cluster),
            "OWNER_PASSWORD": "o'wner",
            "APP_PASSWORD": "app",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert script.returncode == 0, script.stderr
    urls = {
        "PORTAL_DATABASE_URL": f"postgresql://portal_app:app@127.0.0.1:{new_cluster}/portal",
        "PORTAL_DATABASE_OWNER_URL": f"postgresql://portal_owner:o%27wner@127.0.0.1:{new_cluster}/portal",
    }
    upgraded = portal(tmp_path, "db", "upgrade", **urls)
    assert upgraded.returncode == 0, upgraded.stderr
    checked = portal(tmp_path, "db", "check", **urls)
    assert checked.returncode == 0, checked.stderr
    as_superuser(new_cluster, "alter role portal_app superuser")
    assert "superuser" in portal(tmp_path, "db", "check", **urls).stderr
