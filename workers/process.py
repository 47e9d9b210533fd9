"""What the worker's and the HTTP process have in common."""

import os
import sys

DATABASE_NAME = "yuanshou-worker"
"""The worker's name among the database's connections, by which the API sees that one is there."""


def leave() -> None:
    """End the process now that everything is drained: temporalio 1.35 has crashed in the interpreter's own exit."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
