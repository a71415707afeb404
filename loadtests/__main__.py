"""``python -m loadtests``: Locust with our locustfile, and with our options in its ``--help``."""

import os
import sys
from pathlib import Path

from locust import events
from locust.main import main

from loadtests import register

if __name__ == "__main__":
    register.register(events)
    # Locust would complain of a locustfile that is named and a variable that names another.
    os.environ["LOCUST_LOCUSTFILE"] = str(Path(__file__).with_name("locustfile.py"))
    sys.argv[0] = "locust"
    main()
