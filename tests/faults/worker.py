"""The worker of the fault tests: the product's own, with the hook installed and a clock in a hurry."""

import os
from functools import cache
from pathlib import Path

from ledger import rules
from tests.faults.hook import PLAN, WITHOUT, striker
from tests.faults.hurry import hurried
from tests.faults.without import take_out
from workers import app
from workflows.faultpoints import install


def main() -> None:
    install(striker(Path(os.environ[PLAN])))
    in_force = rules.current
    rules.current = cache(lambda: hurried(in_force()))
    take_out(os.environ.get(WITHOUT))
    app.main()


if __name__ == "__main__":
    main()
