"""report.html: the report as one page that needs no network, drawn from report.json alone.

Everything is escaped, and the page's own policy lets nothing but its own style and script run, so that what a CLIENT
answered stays text. Without JavaScript the verdict, the rules and the first diagrams are there all the same.
"""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from scenarios.report.page.html_payload import pack
from scenarios.report.page.html_view import SIGNS, page
from scenarios.report.schema.report import Report

TEMPLATES = Path(__file__).parent / "templates"
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _coded(text: str) -> Markup:
    """``text`` with what stands between backticks set as code."""
    parts = [escape(part) for part in text.split("`")]
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts)
    )


def _whole(text: str) -> Markup:
    """``text`` with ids that no line breaks, so that they can be looked for and compared."""
    parts, end = [], 0
    for found in _UUID.finditer(text):
        parts += [escape(text[end : found.start()]), Markup('<span class="whole">{}</span>').format(found[0])]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["coded"] = _coded
    made.filters["whole"] = _whole
    return made


@cache
def _inline(*names: str) -> tuple[Markup, str]:
    """Files of our own to stand in the page, and their hash for the page's policy."""
    text = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return Markup(text), f"'sha256-{digest}'"  # noqa: S704 - our own file, not what a CLIENT said


def render(report: Report) -> str:
    """``report`` as a page."""
    shown = page(report)
    style, style_hash = _inline("report.css")
    script, script_hash = _inline("pretty.js", "report.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src {style_hash}",
            f"script-src {script_hash}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return (
        _environment()
        .get_template("report.html")
        .render(
            page=shown,
            report=report,
            signs=SIGNS,
            style=style,
            script=script,
            policy=policy,
            blocks=pack(report.rules, shown.packed),
        )
    )
