"""The product's HTTP process without its ledger of reads: the peer of `bench.access`. It answers what nothing recorded."""

from collections.abc import Sequence

from api.recorder import Recorder
from ledger.access import Entry
from workers import serve


async def unrecorded(_: Recorder, entries: Sequence[Entry]) -> None:
    """In the place of `Recorder.record`."""
    del entries


if __name__ == "__main__":
    Recorder.record = unrecorded
    serve.main()
