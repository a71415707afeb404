"""The adapters by the names of their dialects."""

from client_under_test.wallet.adapters.blueocean import BlueOcean
from client_under_test.wallet.adapters.hub88 import Hub88
from client_under_test.wallet.adapters.provider import Adapter

ADAPTERS: dict[str, type[Adapter]] = {"blueocean": BlueOcean, "hub88": Hub88}
