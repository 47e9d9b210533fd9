"""Time limits: dated rules, the working-day calendar, and clocks that run, pause and are met, missed or cancelled."""

from domain.clocks.calendar import Calendar, Span
from domain.clocks.deadlines import DeadlineEscalated, DeadlineMissed, DeadlineWarned, MarkDeadline
from domain.clocks.due import Due, due
from domain.clocks.engine import follow
from domain.clocks.limits import Limit, Limits
from domain.clocks.reading import Alarm, display, plan
from domain.clocks.replanning import ReplanClocks, replanned

__all__ = [
    "Alarm", "Calendar", "DeadlineEscalated", "DeadlineMissed", "DeadlineWarned", "Due", "Limit", "Limits", "MarkDeadline",
    "ReplanClocks", "Span", "display", "due", "follow", "plan", "replanned",
]  # fmt: skip
