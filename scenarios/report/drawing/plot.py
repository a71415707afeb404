"""Plots as SVG: the balance over a generated history, and what a load run did over time. Pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import TypeVar

from markupsafe import Markup

from scenarios.report.drawing.svg import box, drawing, element, line, percent, shortened, words
from scenarios.report.schema.load import LoadMemory, LoadMoment
from scenarios.report.schema.report import BalanceCurve

# The frame: from and to in percent, top and height in pixels.
_LEFT, _RIGHT, _TOP, _HEIGHT = 14.0, 97.0, 16.0, 150.0
# The balance that was seen has room of its own at the right.
_SEEN = 84.0
# More places than these are not named on the axis.
_NAMED = 8
# A line of more points says no more on a screen.
_POINTS = 200


@dataclass(frozen=True, slots=True)
class _Scale:
    """A value axis from ``low`` to ``high``."""

    low: float
    high: float

    def y(self, value: float) -> float:
        """How far down ``value`` stands, in pixels."""
        return _TOP + _HEIGHT * (1 - (value - self.low) / ((self.high - self.low) or 1))


def balance_plot(curve: BalanceCurve) -> Markup | None:
    """What the wallet model allows after each exchange, and the balance that was seen; None without figures.

    Places on the plot are rounded, as drawings are; the figures written at them are exact.
    """
    try:
        opening = Decimal(curve.opening)
        steps = [(Decimal(point.low), Decimal(point.high)) for point in curve.points]
        seen = None if curve.seen is None else Decimal(curve.seen)
    except InvalidOperation:
        return None
    if not all(amount.is_finite() for pair in [(opening, seen or opening), *steps] for amount in pair):
        return None
    bands = [(opening, opening), *steps]
    amounts = [amount for band in bands for amount in band] + ([] if seen is None else [seen])
    scale = _scale([float(amount) for amount in amounts])
    parts = _frame(scale, [f"{amount:f}" for amount in sorted({*amounts})], sorted({*amounts}))
    width = (_SEEN - _LEFT) / len(bands)
    for place, (low, high) in enumerate(bands):
        x = _LEFT + width * place
        parts += _step(scale, x, width, (low, high), bands[place - 1] if place else None)
        if len(bands) <= _NAMED:
            name = "opening" if not place else curve.points[place - 1].label
            # Neighbours stand on lines of their own, so that they do not run into each other.
            parts.append(
                words(shortened(name, 24), x + width / 2, _foot(16 + 13 * (place % 2)), "aside", "middle")
            )
    if seen is not None:
        parts += _seen(scale, seen, bands[-1])
    parts.append(
        words(f"{len(curve.points)} exchanges in order, {curve.currency}", _LEFT, _foot(48), "aside")
    )
    shown = "" if seen is None else f"; seen {seen:f}"
    low, high = bands[-1]
    label = (
        f"Balance of {curve.player}: the model allows {_either(low, high)} {curve.currency} at the end{shown}"
    )
    return drawing(parts, _foot(56), label, "plot")


def _step(
    scale: _Scale,
    x: float,
    width: float,
    band: tuple[Decimal, Decimal],
    before: tuple[Decimal, Decimal] | None,
) -> list[Markup]:
    low, high = scale.y(float(band[0])), scale.y(float(band[1]))
    parts = [line(x, low, x + width, low, "series model")]
    if band[0] != band[1]:
        parts.insert(0, box(x, high, width, low - high, "band"))
        parts.append(line(x, high, x + width, high, "series model"))
    if before is not None:
        parts.append(line(x, scale.y(float(before[0])), x, low, "series model thin"))
    return parts


def _seen(scale: _Scale, seen: Decimal, allowed: tuple[Decimal, Decimal]) -> list[Markup]:
    y = scale.y(float(seen))
    x = (_SEEN + _RIGHT) / 2
    nearest = min(allowed, key=lambda amount: abs(amount - seen))
    good = allowed[0] <= seen <= allowed[1]
    parts = [
        line(_SEEN, scale.y(float(nearest)), x, scale.y(float(nearest)), "series model thin"),
        element("circle", cx=percent(x), cy=f"{y:.1f}", r=5, class_="dot" if good else "dot bad"),
    ]
    if not good:
        parts.insert(0, line(x, scale.y(float(nearest)), x, y, "series bad"))
        text = f"{seen - nearest:+f}"
        parts.append(
            words(text, x - 1.5, (scale.y(float(nearest)) + y) / 2 + 4, "label refused strong", "end")
        )
    parts.append(words("seen", x, _foot(16), "aside", "middle"))
    return parts


def _either(low: Decimal, high: Decimal) -> str:
    return f"{low:f}" if low == high else f"{low:f} to {high:f}"


def _scale(values: Sequence[float]) -> _Scale:
    low, high = min(values), max(values)
    spare = (high - low) * 0.08 or abs(high) * 0.1 or 1
    return _Scale(low - spare, high + spare)


def _frame(scale: _Scale, names: Sequence[str], values: Sequence[Decimal]) -> list[Markup]:
    """The grid with figures at the left; where they would run into each other some are left out."""
    parts = [line(_LEFT, _TOP, _LEFT, _TOP + _HEIGHT, "axis")]
    last = math.inf
    for name, value in zip(names, values, strict=True):
        y = scale.y(float(value))
        if last - y < 13:
            continue
        last = y
        parts.append(line(_LEFT, y, _RIGHT, y, "grid"))
        parts.append(words(shortened(name, 14), _LEFT - 1, y + 4, "aside", "end"))
    return parts


def _foot(offset: float) -> float:
    return _TOP + _HEIGHT + offset


Moment = TypeVar("Moment", LoadMoment, LoadMemory)


def load_plot(
    title: str,
    moments: Sequence[Moment],
    series: Sequence[tuple[str, Callable[[Moment], float | None]]],
) -> Markup | None:
    """Up to three ``series`` over the seconds of a load run; None where there is nothing to draw."""
    kept = list(moments)[:: max(1, math.ceil(len(moments) / _POINTS))]
    series = [(name, pick) for name, pick in series if any(pick(one) is not None for one in kept)]
    values = [value for _, pick in series for one in kept if (value := pick(one)) is not None]
    if len(kept) < 2 or not values or not all(math.isfinite(value) for value in values):
        return None
    start, end = kept[0].at, max(kept[-1].at, kept[0].at + 0.001)
    scale = _Scale(0, max(values) * 1.08 or 1)
    marks = _marks(max(values))
    parts = _frame(scale, [f"{mark.normalize():f}" for mark in marks], marks)
    for place, (name, pick) in enumerate(series, 1):
        points = [(one.at, value) for one in kept if (value := pick(one)) is not None]
        for (x1, y1), (x2, y2) in pairwise(points):
            parts.append(
                line(
                    _time(x1, start, end),
                    scale.y(y1),
                    _time(x2, start, end),
                    scale.y(y2),
                    f"series s{place}",
                )
            )
        parts.append(
            words(f"— {name}", _LEFT + (place - 1) * 26, _foot(32), f"label series-name s{place}", "start")
        )
    for moment in (start, (start + end) / 2, end):
        parts.append(words(f"{moment:.0f} s", _time(moment, start, end), _foot(15), "aside", "middle"))
    return drawing(parts, _foot(40), f"{title}, {start:.0f} to {end:.0f} s", "plot")


def _time(at: float, start: float, end: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * (at - start) / (end - start)


def _marks(highest: float) -> list[Decimal]:
    """Round figures from 0 up to ``highest``, three to six of them."""
    if highest <= 0:
        return [Decimal(0), Decimal(1)]
    power = Decimal(10) ** math.floor(math.log10(highest))
    step = next(
        each * power for each in map(Decimal, ("0.2", "0.5", "1", "2")) if highest / float(each * power) <= 5
    )
    return [step * place for place in range(int(highest / float(step)) + 1)]
