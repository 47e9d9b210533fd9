"""The stages' rooms. Importing this package fills the vocabularies `domain.command.COMMANDS` and `EVENTS`, in the order of the line."""

# ruff: noqa: I001 -- the order of the imports is the order of the rooms
from domain.stages import application as application
from domain.stages import notice as notice
from domain.stages import supplement as supplement
from domain.stages import decision as decision
from domain.stages import sent_back as sent_back
from domain.stages import objection as objection
from domain.stages import people as people
from domain.stages import accept_first as accept_first
from domain.stages import assignment as assignment
from domain.stages import representation as representation
from domain.stages import co_counsel as co_counsel
from domain.stages import contact as contact
from domain.stages import replacement as replacement
from domain.stages import termination as termination
from domain.stages import closure as closure
from domain.stages import subsidy as subsidy
from domain.stages import settlement as settlement
from domain.stages import continuation as continuation
from domain import clocks as clocks
from domain.stages import extension as extension
from domain.stages import any_stage as any_stage
from domain.stages import papers as papers
from domain.stages import transfer as transfer
from domain.stages import glass as glass
from domain.stages import proposal as proposal
from domain.stages import correction as correction
from domain import consultation as consultation
from domain import duty as duty
from domain.command import COMMANDS as COMMANDS, EVENTS as EVENTS
