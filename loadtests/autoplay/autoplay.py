"""Autoplay of ``pitboss serve``: switched on and off, one session after the other, each with its audit."""

import threading
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from loadtests.audit.outcome import text
from loadtests.autoplay.session import Session
from loadtests.autoplay.sizes import CONVERSIONS, SIZES, Sizes, asked_for, chosen
from loadtests.traffic.voucher_steps import need
from scenarios.console.control.autoplay import Size
from scenarios.console.form_input import FormInput, read_as
from scenarios.console.providers import Providers
from scenarios.problems.errors import Exit, UsageProblem
from scenarios.target.lock import PlayerLock
from simulators.providers import JACKPOT

# Which exit code of several sessions is returned: the gravest.
_GRAVITY: Final = (Exit.HOLDS, Exit.UNDECIDED, Exit.BROKEN)
# How often it is looked whether the end is given up, in seconds.
_LOOK: Final = 0.1


class Autoplay:
    """Lets the test players of the target play at the OPERATOR of ``providers``. Safe to use from several threads.

    ``usual`` are the sizes where nothing is said, ``seed`` draws bets and disturbances, ``tell`` prints one line.
    ``code`` is the exit code of what was found so far. Raises UsageProblem where the ``usual`` sizes cannot be.
    """

    def __init__(
        self, providers: Providers, usual: Mapping[str, Any], seed: int, tell: Callable[[str], None]
    ) -> None:
        self.providers = providers
        self.usual = dict(usual)
        # Why players cannot convert into vouchers, None where they can.
        self._cannot_convert = self._convertible("no vouchers are played")
        if self.usual["conversions"] is None:
            self.usual["conversions"] = 0.0 if self._cannot_convert else CONVERSIONS
        self.code = Exit.HOLDS
        self._tell = tell
        self._rng = Random(seed)
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._ending = threading.Thread()
        self._chosen(self.usual)

    @property
    def sizes(self) -> Mapping[str, Size]:
        """What can be chosen, by name, each with what it is where nothing is said."""
        return {name: Size(size.words, self.usual[name]) for name, size in SIZES.items()}

    @property
    def running(self) -> bool:
        """Whether it plays, or settles and audits what it played."""
        session = self._session
        return session is not None and not session.ended.is_set()

    def start(self, asked: FormInput) -> dict[str, Any]:
        """Begin to play with the sizes ``asked`` for; what ``shown`` tells then. Raises UsageProblem."""
        wanted = self._chosen(asked_for(asked, self.usual))
        operator, players = self.providers.target.need_operator()
        # What cannot read a balance is reported now, not when it is audited.
        self.providers.probe()
        with self._lock:
            if self.running:
                raise UsageProblem(
                    "autoplay is on", "one session at a time: it plays every test player", "stop it first"
                )
            lock = PlayerLock.on(operator.callback_url, players.ids)
            if lock.taken:
                self._tell(f"note: {lock.note()}")
            self._session = Session(self.providers, wanted, self._rng, self._tell, lock.note())
            self._ending = threading.Thread(
                target=self._end, args=(self._session, lock), name="autoplay-end", daemon=True
            )
            self._session.start()
            self._ending.start()
        self._tell(
            f"autoplay        {len(players.ids)} players, {wanted.pace:g} rounds a second{self._also(wanted)}"
        )
        return self.shown()

    def stop(self) -> dict[str, Any]:
        """Let rounds end, settle what is open, and audit; what ``shown`` tells now. Raises UsageProblem."""
        session = self._session
        if session is None or not self.running:
            raise UsageProblem("autoplay is off", "one that is on, to be stopped", "start it first")
        session.stop()
        return self.shown()

    def shown(self, wait: float = 0.0) -> dict[str, Any]:
        """Whether it plays, what was played, and the verdict of the audit, as JSON.

        Where it runs it waits up to ``wait`` seconds for the verdict.
        """
        session = self._session
        if session is None:
            return {"state": "off"}
        session.ended.wait(wait)
        return session.shown()

    def finish(self, interrupted: threading.Event) -> None:
        """Stop, and wait for the verdict; where ``interrupted`` is set meanwhile it is given up."""
        session = self._session
        if session is None:
            return
        while self._ending.is_alive():
            if interrupted.is_set():
                session.give_up()
            session.stop()
            self._ending.join(_LOOK)

    def _chosen(self, given: Mapping[str, Any]) -> Sizes:
        _, players = self.providers.target.need_operator()
        sizes = chosen(given, players.currency)
        if sizes.vouchers.conversions:
            with read_as("conversions"):
                cannot = self._convertible(f"--conversions is {sizes.vouchers.conversions:g}")
                if cannot is not None:
                    raise cannot
        return sizes

    def _convertible(self, came: str) -> UsageProblem | None:
        """Why players cannot convert, which says what ``came``; None where they can."""
        try:
            self.providers.simulator(JACKPOT)
            need(self.providers.target, came)
        except UsageProblem as problem:
            return problem
        return None

    def _also(self, sizes: Sizes) -> str:
        """What is said of vouchers when it begins."""
        if sizes.vouchers.conversions:
            return f", vouchers a second: {sizes.vouchers.conversions:g}"
        if self._cannot_convert is None or self.providers.target.jackpot is None:
            return ""
        return f"; {self._cannot_convert.came}"

    def _end(self, session: Session, lock: PlayerLock) -> None:
        session.ended.wait()
        lock.release()
        assert session.verdict is not None
        for line in text.lines(session.verdict):
            self._tell(line)
        self.code = max(self.code, session.verdict.code, key=_GRAVITY.index)
