"""What every bench prints: the runs, their medians, and the machine."""

import argparse
import json
import os
import platform
import statistics
import sys
from pathlib import Path

Figures = dict[str, float]


def options(bench: str, runs: int = 3) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"scripts/bench {bench}")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--runs", type=int, default=runs, metavar="N")
    return parser.parse_args()


def say(words: str) -> None:
    print(f"bench: {words}", file=sys.stderr, flush=True)


def show(bench: str, runs: list[Figures], as_json: bool) -> None:
    """Figures are the medians of the runs."""
    medians = {name: round(statistics.median(run[name] for run in runs), 3) for name in runs[0]}
    if as_json:
        print(json.dumps({"bench": bench, "runs": runs, "machine": _machine(), **medians}))
        return
    width = max(map(len, medians))
    for name, median in medians.items():
        low, high = min(run[name] for run in runs), max(run[name] for run in runs)
        print(f"{name:{width}}  {median:>10}  ({low} to {high})")


def percentile(sorted_values: list[float], share: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def _machine() -> dict[str, str | int]:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {"cpu": model, "cores": os.cpu_count() or 0, "python": platform.python_version()}
