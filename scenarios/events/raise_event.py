"""Raising one event by hand: what ``pitboss trigger`` and the console share."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, TypeVar

from scenarios.problems.errors import UsageProblem
from scenarios.wallet.operator_client import NoRace, Verbs
from simulators.exchanges.history import Exchange
from simulators.jackpot import wire, world
from simulators.jackpot.catalogue import stores
from simulators.jackpot.catalogue.stores import Listing, StoreEventName
from simulators.jackpot.simulator import JackpotSimulator
from simulators.transport.delivery import Fault
from simulators.transport.fault_parameters import UnfitFault
from simulators.transport.sending import deliver
from simulators.values import decimal_json
from simulators.wallet.transactions import Transaction
from simulators.webhooks.endpoint import Endpoint

M = TypeVar("M")
# What a store's name ends with and without in turns, where no other change was asked for.
_NEW: Final = " (new)"


def unfit(error: UnfitFault) -> UsageProblem:
    """Return the problem of a fault that does not fit."""
    return UsageProblem(f"--fault: {error.came}", error.expected, error.next_step)


def send_callback(
    verbs: Verbs, message: Transaction, *, together: int = 1, copies: int = 0, faults: Sequence[Fault] = ()
) -> list[Exchange]:
    """Send a callback: once, or ``together`` at once, or with ``faults``; then ``copies`` one by one.

    Raises UsageProblem where the faults do not fit, or are given with ``together``, or where the limits let none race.
    """
    if faults and together > 1:
        raise UsageProblem(
            "--fault and --together were both given",
            "one of them: in a race the judge itself holds back the last bytes",
            "leave one out, or use --fault copies:n=3 for copies in flight",
        )
    if together > 1:
        try:
            exchanges = verbs.race([message] * together)
        except NoRace as none:
            raise UsageProblem(
                f"--together {together}: {none}",
                "max_connections and max_requests_per_second in [target] that let several leave",
                "raise them, or use --copies",
            ) from none
    elif faults:
        try:
            exchanges = verbs.deliver(message, faults)
        except UnfitFault as error:
            raise unfit(error) from None
    else:
        exchanges = [verbs.send(message)]
    return exchanges + [verbs.again(exchanges[0]) for _ in range(copies)]


def send_notice(
    endpoint: Endpoint[M], event: M, *, copies: int = 0, faults: Sequence[Fault] = ()
) -> list[Exchange]:
    """Send a webhook or a decision once, with ``faults`` (none: the endpoint's own), then its ``copies``.

    Raises UsageProblem where the faults do not fit.
    """
    delivery = endpoint.delivery(event)
    try:
        exchanges = deliver(delivery, endpoint.route, faults or endpoint.faults)
    except UnfitFault as error:
        raise unfit(error) from None
    for _ in range(copies):
        exchanges += endpoint.deliver(endpoint.delivery(event, attempt=1, copy_of=exchanges[0].number))
    return exchanges


def coupon_event(
    simulator: JackpotSimulator,
    name: wire.CouponName,
    *,
    voucher: str | None = None,
    price: Decimal | None = None,
    value: Decimal | None = None,
    notification_key: str | None = None,
    store: str | None = None,
) -> wire.Notification:
    """The webhook ``name`` of an invented voucher, or of the simulator's own where ``voucher`` is its id.

    ``price`` and ``value`` are EUR. The voucher at Jackpot does not change.
    """
    try:
        made = simulator.account.voucher(voucher or "")
    except KeyError:
        made = simulator.account.invent_voucher(notification_key=notification_key)
    made = replace(
        made,
        id=voucher or made.id,
        price=made.price if price is None else price,
        value=made.value if value is None else value,
        notification_key=made.notification_key if notification_key is None else notification_key,
        store_name=made.store_name if store is None else listing(simulator, store).store.name,
    )
    return world.announce(made, name, simulator.account.environment())


def store_event(
    simulator: JackpotSimulator, name: StoreEventName, store_id: str | None, changes: Mapping[str, Any]
) -> wire.Notification:
    """Change a store (None: the first) at Jackpot as ``name`` and ``changes`` say; return the webhook of it, not sent.

    One that Jackpot never had is reported, and stays unknown. Raises UsageProblem for no store.
    """
    account = simulator.account
    before = listing(simulator, store_id).store
    wanted = dict(changes)
    if name == "store/update" and not wanted:
        wanted = {
            "name": before.name.removesuffix(_NEW) if before.name.endswith(_NEW) else before.name + _NEW
        }
    try:
        try:
            return account.change_store(name, before.id, wanted)
        except KeyError:
            unknown = Listing(stores.changed(before, wanted), before=before)
            environment = account.environment()
            return stores.event(name, unknown, environment.now, environment.new_id, account.public_url)
    except stores.Unfit as error:
        raise UsageProblem(
            f"the changes make no store: {error}",
            "documented properties with values of their types",
            "see /v2/stores of `pitboss serve` for an example",
        ) from None


def listing(simulator: JackpotSimulator, store_id: str | None) -> Listing:
    """The store ``store_id`` (None: the first), or the first under that id where Jackpot never had it."""
    if store_id is None:
        return simulator.account.listings[0]
    try:
        return simulator.account.listing(store_id)
    except KeyError:
        # One that Jackpot never had is a case for the CLIENT, too.
        first = simulator.account.listings[0].store
        return Listing(first.model_copy(update={"id": store_id}))


def store_property(text: str) -> tuple[str, Any]:
    """Read ``NAME=JSON``, a changed property of a store; raises UsageProblem."""
    name, given, value = text.partition("=")
    try:
        if not given:
            raise ValueError
        return name.strip(), decimal_json.loads(value)
    except ValueError:
        raise UsageProblem(
            f"--set is {text!r}",
            "a property and its value in JSON",
            "write --set voucherValueMax=100, or --set 'name=\"New\"' with the quotes",
        ) from None
