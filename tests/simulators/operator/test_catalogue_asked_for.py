"""The catalogue takes long to make, and a check looks at none."""

import subprocess
import sys

MADE_LATE = """
import sys
from simulators.exchanges.history import History
from simulators.operator.delivery import Callbacks, Operator
from simulators.operator.simulator import Agreement, OperatorSimulator
from simulators.transport.route import Route

endpoint = Operator("http://127.0.0.1:9/operator", "secret", Route(History()))
simulator = OperatorSimulator(Agreement("client", "password", ("EUR",), ("en",)), Callbacks(endpoint))
print("faker" in sys.modules)
assert simulator.catalogue is simulator.catalogue
print("faker" in sys.modules)
"""


def test_it_is_made_when_somebody_looks_at_it():
    done = subprocess.run([sys.executable, "-c", MADE_LATE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
