"""`python -m benchmarks` (`make bench`): runs the benchmarks that need nothing but this machine, and prints one table.

The others take their own arguments: `claimline bench ...` for labelled files, `benchmarks.ledger_scale` for a big ledger,
`benchmarks.year` for a year of daily runs.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterable, Mapping

from benchmarks import engine, ingest, spine, timeline

Row = tuple[str, str]
BENCHMARKS: Mapping[str, Callable[[], Iterable[Row]]] = {
    "engine": engine.measure,
    "timeline": timeline.measure,
    "spine": spine.measure,
    "ingest": ingest.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="The README's figures, on this machine.")
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="Which ones. Default: all.")
    asked = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}")
    for name in asked.names or BENCHMARKS:
        print(f"\n{name}", flush=True)
        for what, how_much in BENCHMARKS[name]():
            print(f"  {what:<52} {how_much}", flush=True)


if __name__ == "__main__":
    main()
