"""Files that must be on the disk, whole, before anybody goes on: written beside their place, synced, then put there in one step."""

import os
import secrets
from pathlib import Path


def draft_of(path: Path, text: str) -> Path:
    """The text in a file of its own beside the place, safe on the disk (0600)."""
    return write_draft(path, text.encode())


def write_draft(path: Path, content: bytes) -> Path:
    """The same of bytes."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 -- opened with its mode
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except OSError:  # a full disk above all: the next try begins anew
            draft.unlink()
            raise
    return draft


def replace_file(path: Path, text: str) -> None:
    """Put the text in the file's place in one step; when this returns it is on the disk, and so is its name."""
    draft_of(path, text).replace(path)
    sync_folder(path.parent)


def place_file(path: Path, text: str) -> None:
    """Link a file in where there is none: of two processes the first wins, none reads half a file."""
    draft = draft_of(path, text)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in the folder on the disk."""
    at = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(at)
    finally:
        os.close(at)
