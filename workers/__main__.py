import sys

from workers.app import main

match sys.argv[1:]:
    case []:
        main()
    case ["cases" | "duties" as duty]:
        main(duty)
    case _:
        sys.exit("python -m workers [cases|duties]")
