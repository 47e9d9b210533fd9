"""The HTTP process of the fault tests: the product's own, with the hook installed."""

import os
from datetime import timedelta
from pathlib import Path

from tests.faults.hook import HOST_AHEAD, PLAN, WITHOUT, striker
from tests.faults.without import take_out
from workers import serve
from workflows.faultpoints import install


def main() -> None:
    install(striker(Path(os.environ[PLAN])))
    take_out(os.environ.get(WITHOUT))
    right, wrong = serve.host_clock, timedelta(hours=float(os.environ.get(HOST_AHEAD, "0")))
    serve.host_clock = lambda: right() + wrong
    serve.main()


if __name__ == "__main__":
    main()
