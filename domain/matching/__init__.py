"""The right lawyer for a case: gates, the recipient's choice, a fair score, and the explanation kept with the pick."""

from domain.matching.candidates import CRIMINAL_YEARS, Candidate, Gate, Panel, Reason, Seen, candidates, excluded, of_minors
from domain.matching.explanation import Explanation, NotFollowed, NotFollowedCause, PassedOver, choices_ahead, explain
from domain.matching.standing import NEW, Standing, carrying
from domain.matching.weights import Matching, Weights

__all__ = [
    "CRIMINAL_YEARS", "NEW", "Candidate", "Explanation", "Gate", "Matching", "NotFollowed", "NotFollowedCause", "Panel", "PassedOver",
    "Reason", "Seen", "Standing", "Weights", "candidates", "carrying", "choices_ahead", "excluded", "explain", "of_minors",
]  # fmt: skip
