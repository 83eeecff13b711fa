"""A running process seen from outside: its cores, its CPU time, its memory."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def pin(pid: int, cores: set[int]) -> None:
    """Keep every thread of a process, and those to come, on these cores."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), cores)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
