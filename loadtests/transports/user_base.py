"""A user's place at the table: the traffic of its worker, and the player that it plays."""

from locust.env import Environment
from locust.exception import StopUser

from loadtests import run
from loadtests.run import Traffic


def traffic_of(environment: Environment) -> Traffic:
    """The traffic of the test that runs. Raises StopUser where there is none: what was asked for cannot be."""
    try:
        return run.of(environment)
    except LookupError:
        raise StopUser("there is no traffic: see the error above") from None


class Seat:
    """What users over any transport do before their first round and after their last; they set ``traffic``."""

    traffic: Traffic
    # The player's index in the ledger.
    player: int | None = None

    def on_start(self) -> None:
        """Take a player and let the ledger make it ready."""
        self.player = self.traffic.take()
        if self.player is None:
            raise StopUser("this worker has no players")
        self.traffic.prepare(self.player)

    def on_stop(self) -> None:
        """Leave the player to another user."""
        if self.player is not None:
            self.traffic.give_back(self.player)
