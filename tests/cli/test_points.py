"""`portal structure import` as a network drives it: dry run, all or nothing, again without harm, on paper.

Five points with posters; `PORTAL_TEST_LONG=1` takes the 68 of a network.
"""

from __future__ import annotations

import csv
import json
import os
import time
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from commanding import portal
from printed import require_fonts

from portal.printing.proof import each_page, squares_in

if TYPE_CHECKING:
    from pathlib import Path

HEADINGS = "Structure;E-mail;Site;Équipe;Partenaire;Objet;Début;Code;Libellé"
ROWS = (
    "L’Escale;lea@escale.example;Centre;;;;;Affiche;Entrée",
    "L’Escale;;Centre;Équipe nord;;;;Carte;",
    "L’Escale;;Annexe;;Bailleur des Monts;Soirées;01/01/2027;Affiche;Hall",
    "Le Relais;ana@relais.example;;;;;;Affiche;",
)
MANY = 68 if os.environ.get("PORTAL_TEST_LONG") else 5
MOST_SECONDS = 60
"""The bar of a network's start."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an empty database."""
    assert portal(tmp_path, "db", "upgrade").returncode == 0
    return tmp_path


def written(folder: Path, *rows: str, encoding: str = "cp1252") -> str:
    """A file with these rows."""
    file = folder / "points.csv"
    file.write_text("\n".join([HEADINGS, *rows, ""]), encoding=encoding)
    return str(file)


def read(pdf: bytes) -> list[str]:
    """The code in each square of a file, in the order of its pages."""
    pages = each_page(pdf, squares_in, dpi=150)
    return [square.rsplit("/", 1)[1] for page in pages for square in page]


def there(folder: Path) -> list[str]:
    """Every structure's slug."""
    return [row["slug"] for row in json.loads(portal(folder, "structure", "list", "--json").stdout)]


def test_a_file_opens_points_and_prints_them(folder: Path) -> None:
    require_fonts()
    file, archive = written(folder, *ROWS), folder / "posters.zip"
    dry = portal(folder, "structure", "import", file, "--dry-run", "--json")
    assert [row["new"] for row in json.loads(dry.stdout)["rows"]] == [
        ["structure", "site", "code"],
        ["team", "code"],
        ["site", "agreement", "code"],
        ["structure", "site", "code"],
    ]
    assert there(folder) == []

    done = portal(folder, "structure", "import", file, "--print", str(archive), "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)["structures"]
    assert [(one["slug"], len(one["codes"]), "invitation" in one) for one in made] == [
        ("l-escale", 3, True),
        ("le-relais", 1, True),
    ]
    with ZipFile(archive) as packed:
        posters, cards = (read(packed.read(f"l-escale/{name}.pdf")) for name in ("affiches-a4", "cartes"))
        listed = list(
            csv.DictReader(packed.read("codes.csv").decode("utf-8-sig").splitlines(), delimiter=";")
        )
    asked = [address.rsplit("/", 1)[1] for address in made[0]["codes"]]
    assert posters == asked
    assert cards == [code for code in asked for _ in range(10)]
    assert [row["adresse"] for row in listed] == [code for one in made for code in one["codes"]]


def test_the_same_file_again_changes_nothing_and_a_longer_one_adds(folder: Path) -> None:
    first = json.loads(portal(folder, "structure", "import", written(folder, *ROWS), "--json").stdout)
    again = portal(folder, "structure", "import", written(folder, *ROWS))
    assert (again.returncode, again.stdout.count("new:")) == (0, 0)
    more = written(folder, *ROWS, "le relais;;Annexe;;;;;Affiche;")
    last = json.loads(portal(folder, "structure", "import", more, "--json").stdout)
    assert last["structures"][0]["codes"] == first["structures"][0]["codes"]
    assert last["structures"][1]["codes"][:1] == first["structures"][1]["codes"]
    assert len(last["structures"][1]["codes"]) == 2


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("L’Escale;chez moi;Centre;;;;;;", "row 5, e-mail"),
        ("Sans référente;;Centre;;;;;;", "row 5, e-mail"),
        ("Le Relais;;;;Bailleur;Veille;;Affiche;x", "row 5, début"),
    ],
)
def test_one_fault_and_nothing_is_changed(folder: Path, row: str, told: str) -> None:
    archive = folder / "posters.zip"
    rows = (*ROWS[:3], row, ROWS[3])
    done = portal(folder, "structure", "import", written(folder, *rows), "--print", str(archive))
    assert (done.returncode, told in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr
    assert there(folder) == []
    assert not archive.exists()


def test_names_that_are_taken_are_told_by_row(folder: Path) -> None:
    portal(folder, "structure", "create", "--name", "Autre", "--slug", "escale", "--letters", "ESC")
    file = folder / "p.csv"
    file.write_text(
        "structure;e-mail;slug;lettres\nL’Escale;a@b.example;escale;\nB C;b@b.example;;ESC\nAutre;;autre;\n",
        encoding="utf-8",
    )
    done = portal(folder, "structure", "import", str(file), "--json")
    found = [(one["row"], one["column"]) for one in json.loads(done.stdout)["faults"]]
    assert (done.returncode, found) == (1, [(2, "slug"), (3, "lettres"), (4, "slug")])
    assert there(folder) == ["escale"]


def test_the_points_of_a_network_are_on_paper_within_a_minute(folder: Path) -> None:
    require_fonts()
    rows = [f"Relais {n % 24};r{n % 24}@relais.example;Point {n};;;;;Affiche;" for n in range(MANY)]
    begun = time.perf_counter()
    done = portal(
        folder, "structure", "import", written(folder, *rows), "--print", str(folder / "a.zip"), "--json"
    )
    seconds = time.perf_counter() - begun
    print(f"\n{MANY} points with posters and cards: {seconds:.1f} s")  # noqa: T201 -- the figure
    assert sum(len(one["codes"]) for one in json.loads(done.stdout)["structures"]) == MANY
    assert seconds <= MOST_SECONDS
