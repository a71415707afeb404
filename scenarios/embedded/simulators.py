"""The simulators as a team's own tests hold them: served in this process, with the verbs of the control API."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import Any, ClassVar, Final, Unpack

from pydantic import SecretStr

from scenarios.console.app import Console
from scenarios.console.control.events import EVENTS, NoAddress
from scenarios.console.form_input import FormInput, changed
from scenarios.console.providers import ServedProviders
from scenarios.embedded.settings import ADDRESSES, complete
from scenarios.hosting.host import Hosted
from scenarios.hosting.served import Address, Play, serving
from scenarios.problems.did_you_mean import did_you_mean
from scenarios.problems.errors import UsageProblem
from scenarios.wallet.operator_client import How, Verbs
from simulators.checkout.world import Checkout
from simulators.exchanges.history import Exchange, History
from simulators.jackpot.credentials.grants import Kind
from simulators.jackpot.requests import JWT_BEARER, JwtBearerGrant
from simulators.jackpot.service import WIDGET_CLIENT_ID
from simulators.jackpot.wire import Voucher
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR
from simulators.server.responses import ApiError
from simulators.transport.delivery import Fault
from simulators.values import decimal_json, money
from simulators.values.state_machine import IllegalTransition
from simulators.wallet.transactions import Transaction

# What the control API does that a test can do without a served console.
ACTIONS: Final = (
    "raise",
    "resend",
    "deliver",
    "faults",
    "disturb",
    "end_faults",
    "reset",
    "audit",
    "session",
    "rotate",
    "store",
)


# How long the CLIENT may take to acknowledge a decision, attempts again included, in seconds.
_PATIENCE: Final = 30.0


class EmbeddedSimulator:
    """One provider, served at ``url`` until the test ends. ``simulator`` is the simulator itself, ``history`` all
    exchanges of the test, those of the other providers too.

    What the control API does (docs/console.md), this does without one.
    """

    provider: ClassVar[str]

    def __init__(self, console: Console, hosted: Hosted[Any]) -> None:
        self._console = console
        self.simulator: Any = hosted.simulator
        self.url: str = hosted.public_url
        self.history: History = console.providers.history

    def __repr__(self) -> str:
        return f"<{self.provider}_simulator at {self.url}>"

    # -- what CLIENT and provider agreed on

    def agreed(self, key: str) -> Any:
        """What CLIENT and provider agreed on: the ``key`` of the provider's section in a target file, secrets in full.

        Raises AttributeError where there is no such key.
        """
        value = getattr(getattr(self._console.providers.target, self.provider), key)
        return value.get_secret_value() if isinstance(value, SecretStr) else value

    def rotate(self, **values: str) -> None:
        """Let the provider hold to other secrets from now on, by the keys of its section. Raises UsageProblem."""
        self.do("rotate", provider=self.provider, **values)

    @property
    def address(self) -> str | None:
        """Where the provider sends to; None: nowhere yet."""
        found: str | None = self.simulator.endpoint.url
        return found

    @address.setter
    def address(self, url: str) -> None:
        key = ADDRESSES[self.provider]

        def unfit(_: str, why: str) -> UsageProblem:
            return UsageProblem(f"{key}: {why}", f"the CLIENT's http(s) address as {key}", f"correct {key}")

        providers = self._console.providers
        section = changed(getattr(providers.target, self.provider), {key: url}, unfit)
        providers.target = providers.target.model_copy(update={self.provider: section})
        self.simulator.endpoint.url = getattr(section, key)

    def _no_address(self) -> UsageProblem:
        key, fixture = ADDRESSES[self.provider], f"{self.provider}_simulator"
        return UsageProblem(
            f"{fixture} was to send something, and has no {key}",
            f"the address of your application that takes what the provider sends, as {key}",
            f"set it before: {fixture}.{key} = 'http://127.0.0.1:PORT/..'; or let your own fixture pitboss_client "
            f"return {{'{self.provider}': {{'{key}': ..}}}}",
        )

    # -- the control API

    def do(self, name: str, **fields: Any) -> dict[str, Any]:
        """What ``POST /do/NAME`` of the control API does with ``fields``, and what it answers. Raises Problem."""
        if name not in ACTIONS:
            raise UsageProblem(
                f"there is no action {name!r} in tests",
                f"one of {', '.join(ACTIONS)}",
                did_you_mean(name, ACTIONS, "start `pitboss serve` for what else the control API does"),
            )
        written = {
            key: money.plain(value) if isinstance(value, Decimal) else value for key, value in fields.items()
        }
        try:
            return self._console.do(name, written)
        except NoAddress:
            raise self._no_address() from None

    def raise_event(self, event: str, **fields: Any) -> list[Exchange]:
        """Raise an event, with the fields of ``POST /do/raise`` (``copies`` ..); return its exchanges.

        Raises UsageProblem.
        """
        known = EVENTS[self.provider]
        if event not in known:
            raise UsageProblem(
                f"{event!r} is no event of {self!r}",
                f"one of {', '.join(known)}",
                did_you_mean(event, known, "choose one"),
            )
        return [self.history[number] for number in self.do("raise", event=event, **fields)["exchanges"]]

    def set_faults(self, *faults: str) -> None:
        """Let ``faults`` act on all that the provider sends, in place of those before. Raises UsageProblem."""
        self.do("faults", provider=self.provider, faults=list(faults))

    def disturb(self, path: str, how: str, times: str = "1") -> None:
        """Answer what the CLIENT asks badly: the fields of ``POST /do/disturb``. Raises UsageProblem."""
        self.do("disturb", provider=self.provider, path=path, how=how, times=times)

    def end_faults(self) -> None:
        """End all faults and all bad answers, those of the other providers too."""
        self.do("end_faults")

    def exchanges(self, filter: str = "", *, since: int = 0, count: int = 0, wait: int = 0) -> list[Exchange]:  # noqa: A002
        """The exchanges of the test that are over, from number ``since`` on, which fit ``filter`` ("player:p-1
        client:to", as in the console); waits up to ``wait`` seconds until there are ``count``. Raises UsageProblem.
        """
        asked = FormInput({"filter": filter, "since": since, "count": count, "wait": wait})
        return [self.history[each["number"]] for each in self._console.queries.exchanges(asked)["exchanges"]]


class EmbeddedOperator(EmbeddedSimulator, Verbs):
    """The OPERATOR's verbs, for players by their ids, in the currency of ``[players]`` unless another is said."""

    provider = OPERATOR

    def __init__(self, console: Console, hosted: Hosted[Any]) -> None:
        EmbeddedSimulator.__init__(self, console, hosted)
        _, players = console.providers.target.need_operator()
        Verbs.__init__(self, console.providers.verbs.channel, currency=players.currency)

    __repr__ = EmbeddedSimulator.__repr__

    @property
    def callback_url(self) -> str | None:
        """Where callbacks go: /transaction and /transaction-rollback are appended."""
        return self.address

    @callback_url.setter
    def callback_url(self, url: str) -> None:
        self.address = url

    @property
    def security_hash(self) -> str:
        """The secret that signs callbacks."""
        return str(self.agreed("security_hash"))

    @property
    def username(self) -> str:
        """What the CLIENT sends to /auth."""
        return str(self.agreed("username"))

    @property
    def password(self) -> str:
        """What the CLIENT sends to /auth."""
        return str(self.agreed("password"))

    def send(self, message: Transaction, **how: Unpack[How]) -> Exchange:
        """Send any callback, signed. Raises UsageProblem, as the verbs that send several."""
        self._look_at(message)
        return super().send(message, **how)

    def race(self, messages: Sequence[Transaction]) -> list[Exchange]:
        """Send callbacks so that their last bytes leave together. Raises UsageProblem."""
        self._look_at(*messages)
        return super().race(messages)

    def deliver(
        self, messages: Transaction | Sequence[Transaction], faults: Sequence[Fault]
    ) -> list[Exchange]:
        """Send callbacks with ``faults`` round them. Raises UsageProblem."""
        self._look_at(*([messages] if isinstance(messages, Transaction) else messages))
        return super().deliver(messages, faults)

    def _look_at(self, *messages: Transaction) -> None:
        if self.address is None:
            raise self._no_address()
        for amount in (message.amount for message in messages):
            # Who writes tests is not always warned by a type checker.
            if not isinstance(amount, Decimal) or not amount.is_finite():
                raise UsageProblem(
                    f"the amount is {amount!r}, a {type(amount).__name__}",
                    "a Decimal, which is exact",
                    'write it as Decimal("10.50")',
                )

    def audit(self, player: str, opening: Decimal, *, since: int = 0) -> dict[str, Any]:
        """Whether the balance is what all that was sent since allows: the answer of ``POST /do/audit``.

        Read by wagers, unless ``[driver]`` of ``pitboss_client`` has a ``balance``. Raises Problem.
        """
        return self.do("audit", player=player, opening=opening, since=since)


class EmbeddedJackpot(EmbeddedSimulator):
    """Jackpot: its webhooks, its stores, and its API."""

    provider = JACKPOT

    @property
    def notification_url(self) -> str | None:
        """Where webhooks go."""
        return self.address

    @notification_url.setter
    def notification_url(self, url: str) -> None:
        self.address = url

    @property
    def api_key(self) -> str:
        """The CLIENT's API key."""
        return str(self.agreed("api_key"))

    @property
    def api_signature(self) -> str:
        """What session tokens are signed under."""
        return str(self.agreed("api_signature"))

    @property
    def client_secret(self) -> str:
        """The secret of the CLIENT's own server calls."""
        return str(self.agreed("client_secret"))

    def change_store(self, act: str, store: str | None = None, **changes: Any) -> dict[str, Any]:
        """Add, change, offer, withdraw or remove a store and notify the CLIENT: ``POST /do/store``. Raises Problem."""
        lines = [f"{name}={decimal_json.dumps(value).decode()}" for name, value in changes.items()]
        return self.do("store", act=act, store=store, changes="\n".join(lines))

    def buy(self, token: str, value: Decimal, *, store: str | None = None) -> Voucher:
        """Buy a voucher with the session's JWT that your CLIENT minted, as a player does in the widget; return it.

        ``value`` is what it is worth, in EUR, ``store`` an id, the first store's where it is left out. Webhooks tell of
        it. Raises UsageProblem where Jackpot refuses.
        """
        service = self.simulator.service
        asked = JwtBearerGrant(
            grant_type=JWT_BEARER, client_id=service.agreement.client_id or WIDGET_CLIENT_ID, assertion=token
        )
        try:
            session = service.authenticate((Kind.SESSION,), None, service.token(asked).access_token)
            bought: Voucher = service.reserve(
                session, store or self.simulator.account.listings[0].store.id, value=value
            )
        except ApiError as refused:
            raise UsageProblem(
                f"Jackpot refuses: {refused.code}: {refused.message}",
                "a new session's JWT, under which there is such a voucher at the store",
                "mint it as Jackpot's documents say, and choose a value that the store has",
            ) from None
        return bought


class EmbeddedCheckout(EmbeddedSimulator):
    """The checkout: its decisions, its hosted page, and its API."""

    provider = CHECKOUT

    @property
    def decision_url(self) -> str | None:
        """Where decisions go that have no address of their own."""
        return self.address

    @decision_url.setter
    def decision_url(self, url: str) -> None:
        self.address = url

    @property
    def merchant_id(self) -> str:
        """What tokens carry in ``iss``."""
        return str(self.agreed("merchant_id"))

    @property
    def key(self) -> str:
        """The secret that tokens and decisions are signed under."""
        return str(self.agreed("key"))

    def buy(self, token: str, *, approved: bool = True) -> list[Exchange]:
        """Open the checkout of the token that your CLIENT minted, as a shopper does, and approve or decline it on its
        page; return the exchanges of the decision. Raises UsageProblem where the token does not hold, or was decided.
        """
        made = self.simulator.create(token)
        if not isinstance(made, Checkout):
            wrong = "; ".join(fault.message for fault in made.faults)
            raise UsageProblem(
                f"the checkout refuses the token: {wrong}",
                "a merchant's token as the checkout's documents have it, signed under checkout_simulator.key",
                "fix what mints it",
            )
        try:
            notice = self.simulator.decide(made.token, approved)
        except IllegalTransition as over:
            raise UsageProblem(
                f"the checkout of this token is over: {over}", "a checkout that is open", "mint another token"
            ) from None
        reported = self.simulator.queue.wait(notice.id, _PATIENCE)
        return [self.history[one.exchange] for one in reported.attempts if one.exchange is not None]


class Embedded:
    """The providers of one test, each served from when it is asked for. Every method raises UsageProblem."""

    def __init__(self, given: Any, stack: ExitStack) -> None:
        target, self._addresses = complete(given)
        self._stack = stack
        self._providers = ServedProviders(target, History())
        self._console = Console(self._providers)
        stack.callback(self._console.close)

    def operator(self) -> EmbeddedOperator:
        """Serve the OPERATOR."""
        return EmbeddedOperator(self._console, self._served(OPERATOR))

    def jackpot(self) -> EmbeddedJackpot:
        """Serve Jackpot."""
        return EmbeddedJackpot(self._console, self._served(JACKPOT))

    def checkout(self) -> EmbeddedCheckout:
        """Serve the checkout."""
        return EmbeddedCheckout(self._console, self._served(CHECKOUT))

    def _served(self, provider: str) -> Hosted[Any]:
        target = self._providers.target
        place = Address(*getattr(target, provider).listen_address)
        other_port = "leave listen out, for a free one"
        hosted = self._stack.enter_context(
            serving(target, self._providers.history, provider, place, Play(), other_port)
        )
        hosted.simulator.endpoint.url = self._addresses[provider]
        self._providers.served[provider] = hosted
        return hosted


@contextmanager
def embedded(given: Any) -> Iterator[Embedded]:
    """The providers for the length of one test; ``given`` are sections of a target file. Raises UsageProblem."""
    with ExitStack() as stack:
        yield Embedded(given, stack)
