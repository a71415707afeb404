"""What a message diagram shows, row by row: arrows, races, pauses, readings of the probe. Pure.

Exchanges stand in the order of time, an answer where it came, so that a call made while a webhook waits is drawn
inside of it. What was sent at once becomes one race, drawn to time.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise

from scenarios.report.drawing.svg import shortened
from scenarios.report.schema.report import Exchange
from simulators.exchanges.history import RACE_NOTE, FailureKind, Purpose

# A silence of so many seconds is drawn as a pause.
PAUSE = 0.25
# Requests that overlap are a race from so many on, where the history does not say that they are one.
_CROWD = 3
# So many equal requests, or requests of the probe, in a row become one row.
_RUN, _PROBES = 4, 3
# Why a request did not arrive whole.
_UNSENT = {kind for kind in FailureKind if kind.unsent}
# Faults that stretch a message, by their names.
_SLOW = {"slow-body", "slow-reader"}


@dataclass(frozen=True, slots=True)
class Arrow:
    """One message. ``look`` is request, copy, forged, ok, refused or unknown; ``broken`` ends before it arrives;
    ``aside`` stands in the margin; ``slow`` is drawn in pieces; ``blamed`` is marked.
    """

    provider: str
    to_client: bool
    label: str
    look: str
    aside: str = ""
    detail: str = ""
    broken: bool = False
    slow: bool = False
    blamed: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One request of a race: from ``begin`` to ``end`` seconds after the first left; None where nothing came back.

    ``blamed`` is marked.
    """

    label: str
    answer: str
    look: str
    begin: float
    end: float | None
    blamed: bool = False


@dataclass(frozen=True, slots=True)
class Race:
    """Requests at once, drawn to time; it lasted ``seconds``."""

    title: str
    lanes: tuple[Lane, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Reading:
    """The probe's requests in a row."""

    title: str
    transcript: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Time that passed, or exchanges that are not shown."""

    text: str


Row = Arrow | Race | Reading | Silence


@dataclass(frozen=True, slots=True)
class _Timed:
    exchange: Exchange
    begin: float
    end: float | None
    blamed: bool

    @property
    def until(self) -> float:
        return self.begin if self.end is None else self.end

    @property
    def race(self) -> int | None:
        return self.exchange.race

    @property
    def probe(self) -> bool:
        return self.exchange.purpose == Purpose.PROBE


def rows(exchanges: Iterable[Exchange], blamed: Collection[int] = ()) -> list[Row]:
    """The rows of a diagram of ``exchanges``, of which those with the numbers ``blamed`` are marked."""
    timed = [_timed(one, one.number in blamed) for one in exchanges]
    timed.sort(key=lambda one: (one.begin, one.exchange.number))
    made: list[Row] = []
    before: _Timed | None = None
    for cluster in _condensed(_clusters(timed)):
        if before is not None:
            made += _between(before, cluster)
        made += _drawn(cluster)
        before = max(cluster, key=lambda one: (one.until, one.exchange.number))
    return made


def _timed(exchange: Exchange, blamed: bool) -> _Timed:
    begin = exchange.invoked
    if begin is None:
        try:
            begin = datetime.fromisoformat(exchange.at).timestamp()
        except ValueError:
            begin = float(exchange.number)
    return _Timed(exchange, begin, None if exchange.seconds is None else begin + exchange.seconds, blamed)


def _clusters(timed: Sequence[_Timed]) -> list[list[_Timed]]:
    """Exchanges that overlap, or belong to one race, stand together."""
    clusters: list[list[_Timed]] = []
    until = float("-inf")
    for one in timed:
        together = clusters and (
            one.begin < until or (one.race is not None and one.race == clusters[-1][-1].race)
        )
        if together and (one.race is None) == (clusters[-1][-1].race is None):
            clusters[-1].append(one)
        else:
            clusters.append([one])
            until = float("-inf")
        until = max(until, one.until)
    return clusters


def _condensed(clusters: list[list[_Timed]]) -> list[list[_Timed]]:
    """Runs of the probe, and of equal requests, become one cluster each; see ``_drawn``."""
    made: list[list[_Timed]] = []
    for key, group in groupby(clusters, key=_sameness):
        run = list(group)
        if key is not None and len(run) >= (_PROBES if key == (Purpose.PROBE,) else _RUN):
            made.append([one for cluster in run for one in cluster])
        else:
            made += run
    return made


def _sameness(cluster: list[_Timed]) -> tuple[object, ...] | None:
    """What makes lone exchanges alike; None for those that always have rows of their own."""
    one = cluster[0].exchange
    if len(cluster) > 1 or cluster[0].race is not None:
        return None
    if cluster[0].probe:
        return (Purpose.PROBE,)
    if one.faults or one.answer is None:
        return None
    alike = one.provider, one.direction, _label(one), _amount(one), one.outcome, one.error, one.copy_of
    return *alike, cluster[0].blamed


def _drawn(cluster: list[_Timed]) -> list[Row]:
    if cluster[0].race is not None or _crowded(cluster):
        return [_race(cluster)]
    lone = all(later.begin >= one.until for one, later in pairwise(cluster))
    if len(cluster) > 1 and lone:
        if all(one.probe for one in cluster):
            return [_reading(cluster)]
        return _repeated(cluster)
    return _sequence(cluster)


def _crowded(cluster: list[_Timed]) -> bool:
    if len(cluster) < _CROWD or len({one.exchange.direction for one in cluster}) > 1:
        return False
    last = max(one.begin for one in cluster)
    return sum(one.until >= last for one in cluster) >= _CROWD


def _between(before: _Timed, cluster: list[_Timed]) -> list[Row]:
    first = min(cluster, key=lambda one: one.begin)
    left_out = min(one.exchange.number for one in cluster) - before.exchange.number - 1
    quiet = first.begin - before.until
    said = []
    if left_out > 0:
        said.append(f"{left_out} other exchange{'s' if left_out > 1 else ''}")
    if quiet >= PAUSE:
        said.append(f"{_duration(quiet)} pass")
    return [Silence(", ".join(said))] if said else []


def _reading(cluster: list[_Timed]) -> Reading:
    first, last = cluster[0].exchange.number, cluster[-1].exchange.number
    steps = [f"{_sent(one.exchange)} {_short_answer(one.exchange)}" for one in cluster]
    return Reading(f"the probe reads the balance: #{first} to #{last}", shortened(" · ".join(steps), 120))


def _repeated(cluster: list[_Timed]) -> list[Row]:
    request, answer = _sequence([cluster[0]])
    assert isinstance(request, Arrow)
    last = cluster[-1].exchange.number
    many = Arrow(
        request.provider,
        request.to_client,
        f"{request.label}  × {len(cluster)}",
        request.look,
        request.aside,
        f"to #{last}, one after the other",
        blamed=request.blamed,
    )
    return [many, answer]


def _race(cluster: list[_Timed]) -> Race:
    origin = min(one.begin for one in cluster)
    ends = [one.end for one in cluster if one.end is not None]
    seconds = max([*ends, *(one.begin for one in cluster)]) - origin
    title = _race_note(cluster[0].exchange) or f"{len(cluster)} at once"
    lanes = tuple(
        Lane(
            label=f"#{one.exchange.number} {_lane_label(one.exchange)}",
            answer=f"{_answer_label(one.exchange)}{_latency(one)}",
            look=_answer_look(one.exchange),
            begin=one.begin - origin,
            end=None if one.end is None else one.end - origin,
            blamed=one.blamed and not all(each.blamed for each in cluster),
        )
        for one in cluster
    )
    return Race(shortened(title, 70), lanes, seconds)


def _sequence(cluster: list[_Timed]) -> list[Row]:
    """Requests and answers, each where it happened."""
    several = len(cluster) > 1
    events: list[tuple[float, int, Arrow]] = []
    for one in cluster:
        events.append((one.begin, one.exchange.number, _request(one.exchange, one.blamed)))
        if not _unsent(one.exchange):
            # A lost answer stands behind its request; nobody knows when it would have come.
            events.append((one.until, one.exchange.number, _answer(one, several)))
    return [arrow for _, _, arrow in sorted(events, key=lambda event: (event[0], event[1]))]


def _request(exchange: Exchange, blamed: bool) -> Arrow:
    look = "copy" if exchange.copy_of is not None else "request"
    if exchange.purpose == Purpose.FORGERY:
        look = "forged"
    return Arrow(
        exchange.provider,
        exchange.direction == "to CLIENT",
        _request_label(exchange),
        look,
        f"#{exchange.number}",
        shortened("; ".join(exchange.faults), 90),
        broken=_unsent(exchange),
        slow=not _SLOW.isdisjoint(exchange.fault_names),
        blamed=blamed,
    )


def _unsent(exchange: Exchange) -> bool:
    """Whether the request itself did not arrive whole."""
    return exchange.failure_kind in _UNSENT


def _answer(one: _Timed, several: bool) -> Arrow:
    exchange = one.exchange
    label = _answer_label(exchange)
    return Arrow(
        exchange.provider,
        exchange.direction != "to CLIENT",
        f"#{exchange.number} {label}" if several else label,
        _answer_look(exchange),
        "" if exchange.seconds is None else _duration(exchange.seconds),
        broken=exchange.answer is None,
    )


def _request_label(exchange: Exchange) -> str:
    sent = _sent(exchange)
    return sent if exchange.copy_of is None else f"{sent}, copy of #{exchange.copy_of}"


def _lane_label(exchange: Exchange) -> str:
    """Short, for the answer stands on the same line, on a phone as well."""
    return _sent(exchange) if exchange.copy_of is None else f"copy of #{exchange.copy_of}"


def _sent(exchange: Exchange) -> str:
    return shortened(f"{_label(exchange)} {_amount(exchange)}", 48)


def _label(exchange: Exchange) -> str:
    return exchange.label or exchange.kind


def _race_note(exchange: Exchange) -> str:
    """How far apart the last bytes of its race left."""
    notes = zip(exchange.fault_names, exchange.faults, strict=False)
    return next((text for name, text in notes if name == RACE_NOTE), "")


def _answer_look(exchange: Exchange) -> str:
    return exchange.outcome if exchange.outcome in ("ok", "refused") else "unknown"


def _short_answer(exchange: Exchange) -> str:
    return "no answer" if exchange.answer is None else exchange.outcome


def _answer_label(exchange: Exchange) -> str:
    if exchange.answer is None:
        lost = exchange.failure_kind == FailureKind.PLANNED_LOSS
        return "the answer is lost" if lost else shortened(exchange.failure or "no answer", 44)
    status = "" if exchange.answer.status == 200 else f"HTTP {exchange.answer.status} "
    if exchange.outcome == "refused":
        return shortened(f"{status}{exchange.error or 'refused'}", 44)
    if exchange.outcome != "ok":
        return status.strip() or "HTTP 200, which says neither yes nor no"
    client_id = _json(exchange.answer.body).get("transaction_id")
    return f"{status}ok" + (f", id {shortened(str(client_id), 9)}" if client_id else "")


def _latency(one: _Timed) -> str:
    return "" if one.exchange.seconds is None else f" · {_duration(one.exchange.seconds)}"


def _amount(exchange: Exchange) -> str:
    """What money the request speaks of, as it was written."""
    body = _json(exchange.request.body)
    message = body.get("message")
    inner = message if isinstance(message, dict) else body
    amount, currency = body.get("amount", inner.get("price")), body.get("currency")
    shown = [str(part) for part in (amount, currency) if isinstance(part, str | int)]
    return shortened(" ".join(shown), 24) if amount is not None else ""


def _json(body: str) -> dict[str, object]:
    try:
        parsed = json.loads(body, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _duration(seconds: float) -> str:
    """A time as people say it."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.{0 if seconds >= 0.1 else 1}f} ms"
