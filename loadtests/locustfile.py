"""Load on a CLIENT that ends in an audit: ``locust -f loadtests/locustfile.py --host CALLBACK_URL``.

Secrets come from the target file or the environment. ``python -m loadtests`` is the same command, whose ``--help``
tells our options, too: Locust's own is printed before any locustfile is read.
"""

from locust import events

from loadtests import register
from loadtests.transports.users import Bettor

__all__ = ["Bettor"]

register.register(events)
