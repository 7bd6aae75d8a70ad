"""What is read off the machine: processor time and memory of a process tree, the disk, what others do.

Linux only. Processor time comes from each process's own clock, to the nanosecond, so it does not depend on
who else keeps the cores busy as wall time does.
"""

from __future__ import annotations

import ctypes
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROC = Path("/proc")
_LIBC = ctypes.CDLL(None, use_errno=True)
_TICKS = os.sysconf("SC_CLK_TCK")
_IDLE_COLUMNS = (3, 4)
"""Of the first line of `/proc/stat`: idle, and waiting for a disk."""
_GUEST_COLUMN = 8
"""From here on the line counts again what stands before."""
_PROBES = 15


def tree(pid: int) -> list[int]:
    """The process and all its living descendants, in the order of their beginning."""
    found = [pid]
    for task in sorted((_PROC / str(pid) / "task").glob("*/children")):
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended since it was listed
            for child in task.read_text(encoding="ascii").split():
                found += tree(int(child))
    return found


def cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time that these processes have used, all their threads together."""
    total = 0.0
    for pid in pids:
        clock = ctypes.c_int()
        fault = _LIBC.clock_getcpuclockid(pid, ctypes.byref(clock))
        if fault:
            raise ProcessLookupError(fault, os.strerror(fault), str(pid))
        total += time.clock_gettime(clock.value)
    return total


def pss_megabytes(pid: int) -> float:
    """Memory of one process, what it shares divided among those who share it (Linux' PSS), in MB."""
    for line in (_PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)


def busy_seconds() -> float:
    """Time that all cores together were busy since the machine began, whoever kept them so."""
    line = (_PROC / "stat").read_text(encoding="ascii").splitlines()[0]
    columns = [int(ticks) for ticks in line.split()[1:]][:_GUEST_COLUMN]
    return (sum(columns) - sum(columns[one] for one in _IDLE_COLUMNS)) / _TICKS


def fsync_seconds(folder: Path) -> float:
    """How long one small durable write takes on the disk of the folder: the median of several."""
    probe = folder / "probe"
    taken = []
    with probe.open("wb", buffering=0) as file:
        for _ in range(_PROBES):
            file.write(b"x" * 4096)
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - begun)
    probe.unlink()
    return median(taken)


@dataclass(frozen=True, slots=True)
class Ground:
    """What the machine was like during one round: the disk, and how many cores others kept busy."""

    fsync: float
    others: float


class Watch:
    """Reads the machine from its making to `read`: what the processes used, and what all others did."""

    def __init__(self, pids: Sequence[int], folder: Path) -> None:
        self._pids = tuple(pids)
        self._folder = folder
        self._fsync = fsync_seconds(folder)
        self._cpu = cpu_seconds(self._pids)
        self._own = cpu_seconds([os.getpid()])
        self._busy = busy_seconds()
        self._begun = time.perf_counter()

    def read(self) -> tuple[float, float, Ground]:
        """CPU seconds of the watched processes, wall seconds, and the ground in between."""
        wall = time.perf_counter() - self._begun
        used = cpu_seconds(self._pids) - self._cpu
        own = cpu_seconds([os.getpid()]) - self._own
        others = max(0.0, busy_seconds() - self._busy - used - own) / wall
        fsync = (self._fsync + fsync_seconds(self._folder)) / 2
        return used, wall, Ground(fsync, others)
