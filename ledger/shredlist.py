"""The list of the erased: a file outside the database, so that a restored back-up of the database cannot bring anybody back.

One line a subject, `<subject id> <RFC 3339, UTC, microseconds>`, appended and fsynced before the key is destroyed and never taken away.
Back it up with the keys, not with the database.
"""

import errno
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from ledger.durable import sync_folder

_LINE = re.compile(r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)")
_WHOLE = 36 + 1 + 27
"""Characters of a whole line."""


class ShredListFault(Exception):  # noqa: N818 -- a fault of the file, told to the operator
    """The list holds a line that is none of ours: somebody changed it."""


class ShredList:
    """The file at a path; absent while nobody was erased."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, datetime]:
        """When each subject was put on the list, by subject id. What a crash left of a line was never acted upon and is passed over.

        Raises `ShredListFault` for any other line that is none of ours.
        """
        try:
            text = self.path.read_text(encoding="ascii")
        except FileNotFoundError:
            return {}
        except UnicodeDecodeError as fault:
            raise ShredListFault(f"{self.path} is not ASCII") from fault
        found: dict[str, datetime] = {}
        for n, line in enumerate(text.split("\n"), 1):
            if whole := _LINE.fullmatch(line):
                found.setdefault(whole[1], datetime.fromisoformat(whole[2]))
            elif len(line) >= _WHOLE:
                raise ShredListFault(f"line {n} of {self.path} is no line of the list: put the file back from its back-up")
        return found

    def add(self, subjects: Iterable[str], at: datetime) -> None:
        """Put subjects on the list, those that stand there already left as they are; on the disk when it returns.

        Raises `ShredListFault` for a list that was changed, `OSError` where it cannot be written: then nothing may be destroyed.
        """
        known = self.read()
        moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        lines = [f"{subject} {moment}\n" for subject in dict.fromkeys(subjects) if subject not in known]
        if not lines:
            return
        new = not self.path.exists()
        with open(os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "ab+", buffering=0) as file:  # noqa: PTH123 -- opened with its mode
            torn = file.seek(0, os.SEEK_END) and os.pread(file.fileno(), 1, file.tell() - 1) != b"\n"
            # One write, so that of two processes neither begins inside the other's line.
            data = (("\n" if torn else "") + "".join(lines)).encode("ascii")
            if file.write(data) != len(data):  # an almost full disk takes a part of it, and says nothing
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            os.fsync(file.fileno())
        if new:
            sync_folder(self.path.parent)
