"""The benchmark refuses to tell what may not be believed: each refusal is provoked."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import __main__ as command
from bench import meter
from bench.house import House
from bench.load import Answer, Failed, opinion, parsed
from bench.meter import Ground, busy_seconds, cpu_seconds, fsync_seconds, pss_megabytes, tree
from bench.picture import Point, growth_picture
from bench.presence import fetched
from bench.verdict import Figure, Refused, Round, check_journeys, check_stored, ratio, steady, table

if TYPE_CHECKING:
    from bench.house import House
    from bench.verdict import Turn

CALM = Ground(fsync=0.0002, others=0.1)


def a_round(ground: Ground = CALM, *, cpu: float = 1.0, journeys: int = 100) -> Round:
    return Round(journeys, cpu, 1.0, ground, [0.01] * journeys)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (Ground(fsync=0.00041, others=0.1), "a durable write of the disk took 2.0 times"),
        (Ground(fsync=0.00009, others=0.1), "a durable write of the disk took 2.2 times"),
        (Ground(fsync=0.0002, others=1.3), "the load was 2.1 times"),
    ],
)
def test_turns_under_a_changed_disk_or_load_are_refused(changed: Ground, told: str) -> None:
    with pytest.raises(Refused, match=told):
        steady([(a_round(), a_round(changed))], 1)
    with pytest.raises(Refused, match=told):
        steady([(a_round(), a_round()), (a_round(changed), a_round(changed))], 2)


def test_turns_under_a_ground_that_changed_less_than_twofold_are_told() -> None:
    turns = [(a_round(), a_round(Ground(fsync=0.00039, others=0.9)))]
    assert steady(turns, 1) == turns


def test_a_disturbed_turn_is_left_out_when_enough_others_stand_on_the_same_ground() -> None:
    calm, disturbed = (a_round(), a_round()), (a_round(), a_round(Ground(fsync=0.01, others=0.1)))
    assert steady([disturbed, calm, disturbed, calm], 2) == [calm, calm]


GROUNDS = st.builds(Ground, fsync=st.floats(1e-5, 1e-1), others=st.floats(0, 3))


@given(grounds=st.lists(st.tuples(GROUNDS, GROUNDS), min_size=1, max_size=8), least=st.integers(1, 4))
def test_which_turns_are_told_depends_on_the_ground_alone(
    grounds: list[tuple[Ground, Ground]], least: int
) -> None:
    def kept(cpu: float) -> list[int] | None:
        turns: list[Turn] = [
            (a_round(a, cpu=cpu + number), a_round(b, cpu=1 / cpu)) for number, (a, b) in enumerate(grounds)
        ]
        try:
            told = steady(turns, least)
        except Refused:
            return None
        everyone = [one.ground for turn in told for one in turn]
        assert max(one.fsync for one in everyone) <= 2 * min(one.fsync for one in everyone)
        assert 1 + max(one.others for one in everyone) <= 2 * (1 + min(one.others for one in everyone))
        return [turns.index(turn) for turn in told]

    assert kept(1.0) == kept(7.0)


def test_too_few_journeys_are_refused() -> None:
    check_journeys([a_round(journeys=60), a_round(journeys=40)])
    with pytest.raises(Refused, match="99 journeys were made"):
        check_journeys([a_round(journeys=60), a_round(journeys=39)])


@pytest.mark.parametrize("found_rows", [{}, {"good": 4}, {"good": 6}])
def test_a_row_that_is_missing_or_too_many_is_refused(found_rows: dict[str, int]) -> None:
    check_stored("portal", {"good": 5}, {"good": 5, "bad": 3})
    with pytest.raises(Refused, match="5 of “good” were sent"):
        check_stored("portal", {"good": 5}, found_rows)


@pytest.mark.parametrize("status", [200, 404, 500, 503])
def test_a_journey_with_another_status_fails(status: int) -> None:
    with pytest.raises(Failed, match=f"{status} where 303 was due"):
        Answer(status, b"", b"").must(303)


def test_a_page_without_its_form_fails() -> None:
    journey = opinion("/q/7KQ4M2/fr", "good")
    next(journey)
    with pytest.raises(Failed, match="nothing on the page looks like"):
        journey.send(Answer(200, b"", b"<p>Another page</p>"))


# ---------------------------------------------------------------- the wire, the machine, the table


def test_an_answer_is_read_once_it_is_whole() -> None:
    sent = b"HTTP/1.1 303 SEE OTHER\r\nLocation: /q/x\r\nContent-Length: 3\r\n\r\nabc"
    assert [parsed(sent[:n]) for n in range(len(sent))] == [None] * len(sent)
    whole = parsed(sent)
    assert whole
    assert (whole.status, whole.location, whole.body) == (303, "/q/x", b"abc")
    with pytest.raises(Failed, match="no length"):
        parsed(b"HTTP/1.1 200 OK\r\n\r\n")


def test_the_machine_is_read(tmp_path: Path) -> None:
    [pid, *_] = tree(1)
    own = tree(os.getpid())
    assert pid == 1
    assert cpu_seconds(own[:1]) > 0
    assert pss_megabytes(own[0]) > 1
    assert busy_seconds() > 0
    assert fsync_seconds(tmp_path) > 0
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        cpu_seconds([2**22 + 1])


def test_a_thread_that_ends_once_it_is_listed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Path("/proc/self/task/0/children")
    monkeypatch.setattr(meter, "sorted", lambda listed: [gone, *listed], raising=False)
    assert tree(os.getpid())[0] == os.getpid()


@pytest.mark.parametrize(
    ("page", "requests"),
    [
        ('<link rel="icon" href="data:,"><style>p{}</style><img src="data:image/png;base64,x">', 1),
        ("<p>No icon is named</p>", 2),
        ('<link rel="icon" href="data:,"><script src="/a.js"></script>', 2),
        ('<link rel="icon" href="data:,"><link rel="stylesheet" href="/a.css"><img src=/b.png>', 3),
        ('<link href="/favicon.png" rel="icon"><style>@import "x"; p{background:url(/c.png)}</style>', 4),
        ('<link rel="icon" href="data:,"><a href="/elsewhere">a link fetches nothing</a>', 1),
    ],
)
def test_requests_of_a_page_are_counted(page: str, requests: int) -> None:
    assert fetched(page) == requests


def test_the_median_of_neighbouring_ratios_is_told() -> None:
    assert ratio([4.0, 8.0, 2.0], [2.0, 4.0, 2.0]) == 2.0


def test_the_slowest_of_a_hundred_is_the_99th_percentile() -> None:
    slow = replace(a_round(), seconds=[0.001 * n for n in range(1, 101)])
    assert slow.percentile(0.99) == pytest.approx(99)
    assert slow.percentile(0.5) == pytest.approx(50)


def test_the_table_says_what_is_met_and_what_is_missed() -> None:
    figures = [
        Figure.compared(("A", "short"), [3.0, 3.2, 2.9], [2.0, 2.0, 2.0], bar=2.0),
        Figure("B", "long", 0.7, bar=0.8, is_least=True),
        Figure("C", "told", 5.0, "MB"),
    ]
    assert [figure.is_met for figure in figures] == [True, False, None]
    told = table(figures).splitlines()
    assert "≤ 2" in told[1]
    assert told[1].endswith("met     3.00 ÷ 2.00 ms")
    assert told[2].endswith("≥ 0.8  MISSED")
    assert told[3].endswith("5.00 MB")
    rows = [figure.row for figure in figures]
    told_apart = [tuple(row[key] for key in ("id", "ours", "floor", "ratio", "bar", "met")) for row in rows]
    assert told_apart == [
        ("A", 3.0, 2.0, 1.5, 2.0, True),
        ("B", 0.7, 1.0, 0.7, 0.8, False),
        ("C", 5.0, 1.0, 5.0, None, None),
    ]


def test_the_picture_of_growth_says_its_figures() -> None:
    picture = growth_picture([Point(1_000, 2.1), Point(10_000, 2.2), Point(100_000, 2.15)], 0.005)
    assert "2.10 ms at 1,000, 2.20 ms at 10,000, 2.15 ms at 100,000; slope 0.005" in picture
    assert picture.count("<circle") == 3


@pytest.mark.parametrize(("refuses", "status"), [(False, 0), (True, 1)])
def test_a_missed_bar_is_no_failure_and_a_refusal_is_one(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    refuses: bool,
    status: int,
) -> None:
    def measure(_house: House) -> list[Figure]:
        if refuses:
            raise Refused("the disk changed")
        return [Figure("slow", "as ever", 9.0, bar=2.0)]

    (tmp_path / "var").mkdir()
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "founded", lambda _root: SimpleNamespace(root=tmp_path))
    monkeypatch.setattr(command, "measures", lambda *, full: {"slow": measure} if not full else {})
    assert command.main(["slow"]) == status
    printed = capsys.readouterr().out
    told = json.loads((tmp_path / "var" / "bench.json").read_text(encoding="utf-8"))
    if refuses:
        assert "NOT REPORTED  slow: the disk changed" in printed
        assert told["refused"] == {"slow": "the disk changed"}
    else:
        assert "MISSED" in printed
        assert (told["rows"][0]["id"], told["rows"][0]["ratio"]) == ("slow", 9.0)
    assert set(told["probe"]["slow"]) == {"fsync_ms", "load", "seconds"}
    with pytest.raises(SystemExit, match="No such measure: quick"):
        command.main(["quick"])
