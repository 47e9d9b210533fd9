"""Consultations (咨询): what was asked, who must not drop it (首问负责制), what was answered, and the step into an application.

A consultation is a stream of its own (`consultation/<id>`). One file a subject, its commands, events and rules together.
"""

# ruff: noqa: I001 -- the order of the imports is the order of the commands
import domain.stages  # noqa: F401 # pyright: ignore[reportUnusedImport] -- whole before its rooms are asked for here, whoever is imported first
from domain.consultation import register as register
from domain.consultation import advice as advice
from domain.consultation import convert as convert
from domain.consultation import hand_over as hand_over
from domain.consultation import close as close
from domain.consultation.state import ConsultationState as ConsultationState
