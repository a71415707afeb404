"""SVG elements as safe markup. Horizontal places are percentages, so that a drawing fits a phone without shrinking
its letters; vertical ones are pixels. Colours come from classes of the page's style sheet. Pure.
"""

from collections.abc import Iterable
from html import escape

from markupsafe import Markup


def percent(place: float) -> str:
    """``place`` from 0 to 100 as an SVG length."""
    return f"{place:.2f}".rstrip("0").rstrip(".") + "%"


def element(name: str, text: str | None = None, /, **attributes: object) -> Markup:
    """One element with everything escaped; ``class_`` is its class, underlines in names are hyphens."""
    # Escaped by hand: a report draws a hundred thousand of these, and Markup.format takes ten times as long.
    named = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    whole = f"<{name}{named}/>" if text is None else f"<{name}{named}>{escape(text)}</{name}>"
    return Markup(whole)  # noqa: S704 - names are written in this package only, values are escaped


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line between places in percent and pixels."""
    return element("line", x1=percent(x1), y1=_px(y1), x2=percent(x2), y2=_px(y2), class_=class_)


def words(text: str, x: float, y: float, class_: str, anchor: str | None = None) -> Markup:
    """A line of text whose ``anchor`` (start, middle, end) stands at ``x`` percent, ``y`` pixels."""
    return element("text", text, x=percent(x), y=_px(y), class_=class_, text_anchor=anchor)


def box(x: float, y: float, width: float, height: float, class_: str) -> Markup:
    """A rectangle of ``width`` percent and ``height`` pixels."""
    return element(
        "rect", x=percent(x), y=_px(y), width=percent(width), height=_px(height), rx=3, class_=class_
    )


def drawing(parts: Iterable[Markup], height: float, label: str, class_: str) -> Markup:
    """A whole drawing of ``height`` pixels; ``label`` says what it shows to those who cannot see it."""
    return group(parts, role="img", aria_label=label, class_=class_, width="100%", height=_px(height))


def group(parts: Iterable[Markup], **attributes: object) -> Markup:
    """An svg element round ``parts``."""
    head = element("svg", "", **attributes).removesuffix("</svg>")
    return Markup("".join([head, *parts, "</svg>"]))  # noqa: S704 - parts are markup


def shortened(text: str, length: int) -> str:
    """``text`` on one line, cut to ``length`` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"


def _px(pixels: float) -> str:
    return f"{pixels:.1f}".removesuffix(".0")
