import sys
from typing import cast

from workers.app import Duty, main

match sys.argv[1:]:
    case []:
        main()
    case ["cases" | "duties" as duty]:
        main(cast("Duty", duty))
    case _:
        sys.exit("python -m workers [cases|duties]")
