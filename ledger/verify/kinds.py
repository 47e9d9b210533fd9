"""The event types this program knows, with the newest schema version of each."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module

import domain
from domain.command import EVENTS
from domain.reads import ACCESS_EVENTS
from domain.registers import REGISTER_EVENTS


def known() -> Mapping[str, int]:
    """By type its newest schema version. An event enters itself when its module is read, so all of the domain's are."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        import_module(module.name)
    return {kind: event.schema_version for kind, event in (*EVENTS.items(), *REGISTER_EVENTS.items(), *ACCESS_EVENTS.items())}
