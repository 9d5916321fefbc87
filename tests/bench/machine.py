"""The cost of a program: seconds and memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.1
PROC = Path("/proc")


@dataclass(frozen=True)
class Cost:
    """What one run of a program took.

    Attributes:
        seconds: Wall-clock time.
        cpu_seconds: Processor time of all its processes.
        largest_mib: Peak resident memory of the largest process.
        sum_mib: Peak memory of all processes together, shared pages counted once (proportional set size).
    """

    seconds: float
    cpu_seconds: float
    largest_mib: float
    sum_mib: float


def measure_program(command: Sequence[str], cwd: Path) -> Cost:
    """Run a program to its end and return its cost.

    Raises:
        RuntimeError: If it fails, with its output.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    peak = PeakMemory(process.pid)
    with peak:
        output = process.stdout.read()
        # wait4 gives the peak of this child and its children; RUSAGE_CHILDREN would mix in earlier runs.
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{output[-2000:]}")
    return Cost(
        round(seconds, 2),
        round(usage.ru_utime + usage.ru_stime, 2),
        round(usage.ru_maxrss / 1024, 1),
        round(peak.kib / 1024, 1),
    )


class PeakMemory:
    """Watches the memory of a process and all below it, from a thread."""

    def __init__(self, pid: int) -> None:
        self.pid, self.kib = pid, 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(POLL_SECONDS):
            self.kib = max(self.kib, sum(proportional_kib(pid) for pid in process_tree(self.pid)))


def process_tree(pid: int) -> list[int]:
    """Return a process and all below it."""
    found = [pid]
    for task in (PROC / str(pid) / "task").glob("*/children"):
        try:
            children = task.read_text(encoding="utf-8").split()
        except OSError:  # it ended meanwhile
            continue
        found += [below for child in children for below in process_tree(int(child))]
    return found


def proportional_kib(pid: int) -> int:
    """Return the memory of a process, each shared page divided by those who share it; 0 if it has ended."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def median_seconds(job: Callable[[], object], repeats: int) -> float:
    """Return the median time of a job."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
