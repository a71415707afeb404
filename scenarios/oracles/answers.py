"""On how many answers a verdict rests: silence is no proof. Pure."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from simulators.exchanges.history import OWN, Direction, Exchange, Purpose, Status
from simulators.providers import OPERATOR

# What the judge sends for itself proves no rule, unless the rule is about all that was sent.
_OWN = OWN | {Purpose.LIVENESS}


@dataclass(frozen=True, slots=True)
class Answers:
    """``answered`` requests to the CLIENT were answered so that what was done is clear, ``lost`` callbacks were not,
    though no fault was put round them; ``raced`` and ``lost_racing`` are those among them that raced each other.
    """

    answered: int = 0
    lost: int = 0
    raced: int = 0
    lost_racing: int = 0

    def __add__(self, other: "Answers") -> "Answers":
        return Answers(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    @property
    def words(self) -> str:
        """What a verdict rests on, for people."""
        raced = f", {self.raced} of them to requests sent at once" if self.raced or self.lost_racing else ""
        lost = f"; {self.lost} requests got none that says what was done" if self.lost else ""
        return f"rests on {self.answered} answers{raced}{lost}"

    @property
    def too_few(self) -> str:
        """Why nothing can be decided, "" where it can: more was lost than answered, of all or of what raced."""
        for answered, lost, which in (
            (self.raced, self.lost_racing, " sent at once"),
            (self.answered, self.lost, ""),
        ):
            if lost > answered:
                asked = f"{lost} of {answered + lost} requests{which}"
                return f"too few answers to decide: {asked} got none that says what was done"
        return ""


def answers(exchanges: Iterable[Exchange], *, own: bool = False) -> Answers:
    """Count the answers among ``exchanges``; ``own``: also those to what the judge sent for itself."""
    answered = lost = raced = lost_racing = 0
    for one in exchanges:
        if one.direction is not Direction.TO_CLIENT or one.faulty or (one.purpose in _OWN and not own):
            continue
        racing = one.race is not None
        if _tells(one):
            answered, raced = answered + 1, raced + racing
        # An event is sent again until it is acknowledged.
        elif one.provider == OPERATOR:
            # What is asked for later (not now) is sent again, but no longer at once.
            lost, lost_racing = lost + (not one.not_now), lost_racing + racing
    return Answers(answered, lost, raced, lost_racing)


def _tells(exchange: Exchange) -> bool:
    if exchange.genuine or exchange.answer is None:
        return not exchange.unknown
    # Any answer of the CLIENT to what is malformed will do.
    return not exchange.answer.failed and exchange.status is not Status.PENDING
