"""The traffic of the plain transport over the engine, and the option that chooses between the two."""

from typing import Any, Final

from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.event import Events

from loadtests.traffic.player_script import Play
from loadtests.transports.epoll.loop import Engine
from loadtests.transports.epoll.user import EngineUser, engine_of
from loadtests.transports.fast_http_user import Bettor
from loadtests.transports.user_base import Seat, traffic_of

OPTION: Final = "--engine"
PLAIN, FAST = "plain", "fast"


class FastBettor(Seat, EngineUser):
    """Plays rounds for one player until the gate is closed or the user is stopped."""

    def __init__(self, environment: Environment) -> None:
        self.traffic = traffic_of(environment)
        super().__init__(environment)

    def engine(self) -> Engine:
        """The engine for the traffic's CLIENT."""
        traffic = self.traffic
        return engine_of(self.environment, traffic.base_url, traffic.timeout, traffic.ca_file)

    def rounds(self) -> Play:
        """One round after the other."""
        assert self.player is not None
        hands, ledger = self.traffic.hands(self.player), self.traffic.ledger
        while ledger.gate_open and not self.leaving:
            yield from hands.round()


def register(events: Events) -> None:
    """Add the option, and put `FastBettor` in the place of the plain users where it asks for that."""
    events.init_command_line_parser.add_listener(_add_option)
    events.init.add_listener(_choose)


def _add_option(parser: LocustArgumentParser, **_: Any) -> None:
    parser.add_argument(
        OPTION,
        choices=(PLAIN, FAST),
        default=PLAIN,
        env_var="PITBOSS_LOAD_ENGINE",
        include_in_web_ui=False,
        help="What sends: plain is Locust's FastHttpUser, fast an epoll loop for all users of a worker, for several "
        "times the rate per core. The same on the master and all workers.",
    )


def _choose(environment: Environment, **_: Any) -> None:
    if getattr(environment.parsed_options, "engine", PLAIN) == FAST:
        environment.user_classes[:] = [
            FastBettor if each is Bettor else each for each in environment.user_classes
        ]
