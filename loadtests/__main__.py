"""``python -m loadtests``: Locust with our locustfile, and with our options in its ``--help``."""

import os
import sys
from pathlib import Path

from scenarios.problems.errors import INTERRUPTED, Exit


def _become_locust() -> None:
    # To load Locust takes a second, in which Ctrl-C is as good as later.
    from locust import events
    from locust.main import main

    from loadtests import register

    register.register(events)
    # Locust would complain of a locustfile that is named and a variable that names another.
    os.environ["LOCUST_LOCUSTFILE"] = str(Path(__file__).with_name("locustfile.py"))
    sys.argv[0] = "locust"
    main()


if __name__ == "__main__":
    try:
        _become_locust()
    except KeyboardInterrupt:
        print(INTERRUPTED, file=sys.stderr)
        sys.exit(Exit.UNDECIDED)
