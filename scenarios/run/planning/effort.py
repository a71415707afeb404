"""How hard a check tries: one named set of sizes per ``--effort``."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """Sizes that scenarios take from here, so that none hides a number of its own.

    ``sums`` wagers are added up where exact sums are judged; ``crowd`` other transactions lie between a request
    and its copy; ``width`` requests race, ``races`` times; ``examples`` histories of up to ``steps`` steps are
    generated, and ``restarts`` more with restarts; ``pause`` seconds lie between a request and its late copy.
    A run that was given no limit may take ``seconds`` at least, and longer on a slow link. Judging every rule of the
    sportsbook takes about ``in_a_row`` exchanges, one after the other, and ``waits`` seconds of waiting.
    Of a family of cases one member in ``family_share`` is taken besides the core ones, others by another seed.
    ``hangs`` says whether to wait until the CLIENT gives up on an OPERATOR that does not answer. ``patience``
    is how many seconds a CLIENT may take to do what an acknowledged event asks of it, ``return_within`` how many one
    that does not answer is waited for.
    """

    name: str
    sums: int
    crowd: int
    width: int
    races: int
    examples: int
    steps: int
    restarts: int
    pause: float
    seconds: float
    in_a_row: int
    waits: float
    hangs: bool = True
    patience: float = 5.0
    return_within: float = 30.0
    family_share: int = 1


QUICK = Effort(
    "quick",
    sums=200,
    crowd=50,
    width=8,
    races=2,
    examples=2,
    steps=12,
    restarts=0,
    pause=0.2,
    seconds=300,
    in_a_row=1000,
    waits=8,
    hangs=False,
    family_share=4,
)
NORMAL = Effort(
    "normal",
    sums=1000,
    crowd=1100,
    width=16,
    races=5,
    examples=12,
    steps=30,
    restarts=1,
    pause=1.5,
    seconds=900,
    in_a_row=2550,
    waits=25,
    patience=10.0,
    return_within=60.0,
)
THOROUGH = Effort(
    "thorough",
    sums=1500,
    crowd=2000,
    width=32,
    races=10,
    examples=30,
    steps=40,
    restarts=4,
    pause=3.0,
    seconds=3600,
    in_a_row=14000,
    waits=60,
    patience=20.0,
    return_within=120.0,
)
EFFORTS = {effort.name: effort for effort in (QUICK, NORMAL, THOROUGH)}
