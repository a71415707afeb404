"""The message diagram: a life line for each provider and one for the CLIENT, drawn as SVG. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import wrap

from markupsafe import Markup

from scenarios.report.drawing.diagram_rows import Arrow, Race, Reading, Row, Silence, rows
from scenarios.report.drawing.svg import box, drawing, element, group, line, percent, shortened, words
from scenarios.report.schema.report import Exchange, Finding
from simulators.providers import PROVIDERS

# Where the life lines stand, in percent, by how many providers take part: those of providers, then the CLIENT's.
_PLACES: dict[int, tuple[tuple[float, ...], float]] = {
    1: ((20,), 88),
    2: ((15, 90), 54),
    3: ((15, 74, 93), 46),
}
_HEAD, _ARROW, _DETAIL, _SILENCE, _READING = 34, 27, 13, 26, 44
_LANE, _RACE_HEAD, _RACE_FOOT = 27, 26, 22
# A race's time runs from here to there, in percent.
_FROM, _TO = 4.0, 96.0
# Texts of findings: so many characters a line, so many lines, each so high.
_WIDTH, _TEXT_LINES, _TEXT = 46, 4, 15
_UUID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
# Stands beside what is blamed, for those who see no colours.
_BLAMED = "✗"
# How far a broken arrow gets, and how many characters have room above it.
_BREAK, _BESIDE = 0.52, 26


@dataclass
class _Drawing:
    """The parts drawn so far, and how far down, in pixels."""

    places: dict[str, float]
    client: float
    parts: list[Markup] = field(default_factory=list)
    y: float = _HEAD
    breaks: list[tuple[float, float]] = field(default_factory=list)


def diagram(exchanges: Sequence[Exchange], findings: Sequence[Finding] = ()) -> Markup:
    """``exchanges`` as a diagram; with ``findings`` it marks what they blame and ends in expected and seen."""
    providers = list(dict.fromkeys(exchange.provider for exchange in exchanges))[: max(_PLACES)]
    spots, client = _PLACES[max(1, len(providers))]
    made = _Drawing(dict(zip(providers, spots, strict=False)), client)
    for row in rows(exchanges, {number for finding in findings for number in finding.blamed}):
        _draw(made, row)
    for finding in findings:
        _conclude(made, finding)
    names = ", ".join(_label(name) for name in providers)
    count = f"{len(exchanges)} exchange{'' if len(exchanges) == 1 else 's'}"
    label = f"Message diagram of {count} between {names} and the CLIENT"
    return drawing([*_life_lines(made), *made.parts], made.y + 10, label, "diagram")


def _label(provider: str) -> str:
    """What texts call it; a report of another version may have providers that are not played here."""
    return PROVIDERS[provider].label if provider in PROVIDERS else provider


def _life_lines(made: _Drawing) -> list[Markup]:
    parts = []
    lines = [*((_label(name), x) for name, x in made.places.items()), ("CLIENT", made.client)]
    for name, x in lines:
        parts.append(words(shortened(name, 16), x, 16, "name", "middle"))
        top = 24.0
        for start, end in [*made.breaks, (made.y + 6, made.y + 6)]:
            parts.append(line(x, top, x, start, "life"))
            if end > start:
                parts.append(line(x, start, x, end, "life gap"))
            top = end
    return parts


def _draw(made: _Drawing, row: Row) -> None:
    match row:
        case Arrow():
            _arrow(made, row)
        case Race():
            _race(made, row)
        case Reading():
            _reading(made, row)
        case Silence():
            made.breaks.append((made.y, made.y + _SILENCE))
            middle = (min(made.places.values()) + made.client) / 2
            made.parts.append(words(row.text, middle, made.y + _SILENCE / 2 + 4, "quiet", "middle"))
            made.y += _SILENCE


def _arrow(made: _Drawing, arrow: Arrow) -> None:
    provider = made.places.get(arrow.provider, next(iter(made.places.values())))
    start, end = (provider, made.client) if arrow.to_client else (made.client, provider)
    tip = start + (end - start) * (_BREAK if arrow.broken else 1)
    y = made.y + _ARROW - 8
    look = f"arrow {arrow.look}{' slow' if arrow.slow else ''}"
    # The label of an arrow that ends early stands clear of the cross.
    middle = (start + tip) / 2 if arrow.broken and len(arrow.label) < _BESIDE else (start + end) / 2
    if arrow.blamed:
        made.parts.append(box(0, y - 19, 100, _ARROW + (_DETAIL if arrow.detail else 0), "blamed"))
    made.parts.append(words(arrow.label, middle, y - 5, f"label {arrow.look}", "middle"))
    made.parts.append(line(start, y, tip, y, look))
    if arrow.look == "copy":
        made.parts.append(line(start, y + 3, tip, y + 3, look))
    made.parts.append(_cross(tip, y) if arrow.broken else _head(end, y, rightwards=end > start, look=look))
    if arrow.aside:
        aside = f"{_BLAMED} {arrow.aside}" if arrow.blamed else arrow.aside
        made.parts.append(words(aside, 0.5, y + 3, "aside"))
    if arrow.detail:
        made.parts.append(words(arrow.detail, (start + end) / 2, y + 14, "detail", "middle"))
        made.y += _DETAIL
    made.y += _ARROW


def _head(x: float, y: float, *, rightwards: bool, look: str) -> Markup:
    """An arrow's head. Nested, since a shape's points cannot be percentages."""
    points = "-8,-4 0,0 -8,4" if rightwards else "8,-4 0,0 8,4"
    return _at(x, y, element("polygon", points=points, class_=look.replace("arrow", "head")))


def _cross(x: float, y: float) -> Markup:
    return _at(x, y, element("path", d="M-5,-5 L5,5 M-5,5 L5,-5", class_="cross"))


def _at(x: float, y: float, shape: Markup) -> Markup:
    return group([shape], x=percent(x), y=f"{y:g}", overflow="visible", width=1, height=1)


def _reading(made: _Drawing, reading: Reading) -> None:
    made.parts.append(box(8, made.y + 2, 84, _READING - 8, "probe"))
    made.parts.append(words(reading.title, 50, made.y + 17, "label", "middle"))
    made.parts.append(words(shortened(reading.transcript, 54), 50, made.y + 30, "detail", "middle"))
    made.y += _READING


def _race(made: _Drawing, race: Race) -> None:
    """Each request a bar, from the instant its last byte left to the instant its answer came."""
    height = _RACE_HEAD + _LANE * len(race.lanes) + _RACE_FOOT
    made.parts.append(box(1, made.y + 2, 98, height - 4, "race"))
    made.parts.append(words(race.title, 50, made.y + 18, "label strong", "middle"))
    top = made.y + _RACE_HEAD
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = _FROM + (_TO - _FROM) * share
        made.parts.append(line(x, top, x, top + _LANE * len(race.lanes) + 3, "tick"))
        anchor = "start" if share == 0 else "end" if share == 1 else "middle"
        text = f"{race.seconds * share * 1000:.1f} ms" if share else "0"
        made.parts.append(words(text, x, top + _LANE * len(race.lanes) + 15, "aside", anchor))
    for place, lane in enumerate(race.lanes):
        y = top + _LANE * place
        label = f"{_BLAMED} {lane.label}" if lane.blamed else lane.label
        made.parts.append(words(shortened(label, 44), _FROM, y + 13, "label", "start"))
        made.parts.append(words(shortened(lane.answer, 34), _TO, y + 13, f"label {lane.look}", "end"))
        begin, end = _scaled(lane.begin, race), _scaled(race.seconds if lane.end is None else lane.end, race)
        made.parts.append(box(begin, y + 17, max(0.6, end - begin), 5, f"bar {lane.look}"))
        if lane.end is None:
            made.parts.append(_cross(end, y + 19.5))
    made.y += height


def _scaled(seconds: float, race: Race) -> float:
    return _FROM + (_TO - _FROM) * (seconds / race.seconds if race.seconds > 0 else 0)


def _conclude(made: _Drawing, finding: Finding) -> None:
    lines = [(text, "label") for text in _wrapped(f"expected {finding.expected}")]
    lines += [(text, "label refused strong") for text in _wrapped(f"seen {finding.seen}")]
    height = 10 + _TEXT * len(lines)
    made.y += 6
    made.parts.append(box(6, made.y, 88, height, "verdict"))
    for place, (text, look) in enumerate(lines):
        made.parts.append(words(text, 50, made.y + 16 + _TEXT * place, look, "middle"))
    made.y += height + 4


def _wrapped(text: str) -> list[str]:
    # The whole ids stand in the table of findings.
    return wrap(shortened(_UUID.sub(r"\1…", text), _WIDTH * _TEXT_LINES - 8), _WIDTH)
