"""`yuanshou rebuild`: read models made anew from the ledger, or held against it."""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

from readmodels.models import MODELS, NOT_REBUILT
from readmodels.passing import Pass, Tally
from readmodels.rebuild import Report, check, rebuild

_MOST_PROCESSES = 8


def unknown(names: Sequence[str]) -> list[str]:
    """Those of the names that no read model has."""
    return [name for name in names if name not in MODELS]


def run(dsn: str, names: Sequence[str], *, only_check: bool, quiet: bool) -> tuple[Report, float]:
    """Rebuild or check; what was found, and the seconds it took. Raises what `readmodels.rebuild` raises."""
    chosen = names or tuple(MODELS)
    processes = min(os.cpu_count() or 1, _MOST_PROCESSES)
    told = _silent if quiet or not sys.stderr.isatty() else _Line().tell
    verb = check if only_check else rebuild
    started = time.monotonic()
    report = asyncio.run(verb(dsn, chosen, processes=processes, told=told))
    return report, time.monotonic() - started


def _silent(_: Pass) -> None:
    return


class _Line:
    """One line on the terminal that is written over as the pass goes on."""

    def tell(self, this: Pass) -> None:
        sys.stderr.write(f"\r{this.events} of about {this.head} events, {this.streams} streams ")
        sys.stderr.flush()


def as_dict(report: Report, seconds: float) -> dict[str, Any]:
    """The report as JSON's plain values."""
    return {
        "models": [
            {
                "model": tally.model,
                "rows": tally.rows,
                "differing_streams": tally.differing,
                "digest_live": tally.live,
                "digest_rebuilt": tally.rebuilt,
                "same": tally.live == tally.rebuilt,
            }
            for tally in report.tallies
        ],
        "events": report.events,
        "streams": report.streams,
        "position": report.head,
        "written": report.written,
        "put_right": report.put_right,
        "same": report.same,
        "seconds": round(seconds, 3),
        "not_rebuilt": dict(NOT_REBUILT),
    }


def lines(report: Report, seconds: float) -> list[str]:
    """The report for a person at the terminal."""
    told = [f"{tally.model:<14} {tally.rows:>9} rows  {_verdict(tally)}  {tally.live[:16]}" for tally in report.tallies]
    rate = f"{report.events / seconds:,.0f} a second" if seconds else ""
    told.append(f"{report.events} events of {report.streams} streams in {seconds:.1f} s, {rate}")
    if report.written:
        told.append(f"put right: {report.put_right} streams, counted by model; what is shown was found afterwards")
    told.append("Not made from the ledger, and left as it is:")
    told += [f"  {what}: {why}" for what, why in NOT_REBUILT.items()]
    return told


def _verdict(tally: Tally) -> str:
    return "as the ledger says" if tally.live == tally.rebuilt else f"{tally.differing} streams differ"
