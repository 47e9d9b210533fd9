"""The one named hook for faults. It does nothing unless a test installs one in its own process."""

from collections.abc import Callable


def _nothing(_: str) -> None:
    return


_hook: Callable[[str], None] = _nothing


def install(hook: Callable[[str], None]) -> None:
    """Let `hook` be called at every named point of this process."""
    global _hook  # noqa: PLW0603 -- one hook a process is the whole idea
    _hook = hook


def reach(point: str) -> None:
    """Announce a point at which a process may die: `before_lock`, `after_lock`, `after_decide`, `after_append`, …"""
    _hook(point)
