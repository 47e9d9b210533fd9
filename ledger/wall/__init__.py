"""The second wall: PostgreSQL itself keeps from a session what its person may not reach (`docs/access.md`, `docs/decisions`).

`functions.sql` resolves a session, `policies.py` says of every table who may do what, `shadow.py` keeps the few columns of the directory
that both look at. `ops/wall.py` builds the wall as the owner and tells where it has drifted.
"""

from ledger.wall.shadow import shadow

__all__ = ["shadow"]
