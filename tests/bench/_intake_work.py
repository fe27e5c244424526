"""A process of its own that takes a file of orders in and says how long it took, and its memory."""

import json
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import django


def main(path: str, mapping: str) -> None:
    django.setup()
    # Only now are there settings for what these import.
    from partners.importing.mapping import load_mapping  # noqa: PLC0415
    from rewards.loading import load_file  # noqa: PLC0415
    from rewards.programmes.presets import load_preset  # noqa: PLC0415

    load_preset("starter", as_of=datetime(2010, 11, 1, tzinfo=UTC))
    started, busy = time.perf_counter(), time.process_time()
    report = load_file(
        path=Path(path),
        kind="order",
        source="bench",
        mapping=load_mapping(Path(mapping)),
        as_of=datetime(2011, 12, 9, 23, 30, tzinfo=UTC),
    )
    told = {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - busy,
        "rows": report.rows,
        "accepted": report.tally.rows_accepted,
        "memory_kib": read_peak_kib(),
    }
    print(json.dumps(told))


def read_peak_kib() -> int:
    """Return the most memory this process held: its own, and not what its parent held before."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak.split()[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
