"""Who is helped without paying: the hardship standard, its waivers, accept-first policy. Every result explains itself line by line."""

from domain.eligibility.hardship import Calculation, Line, StandardRef, calculate
from domain.eligibility.policy import Ground, Policy, Standard, Waiver, evaluate

__all__ = ["Calculation", "Ground", "Line", "Policy", "Standard", "StandardRef", "Waiver", "calculate", "evaluate"]
