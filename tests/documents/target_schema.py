"""The JSON schema of pitboss.toml, made from the models that read it: editors complete and check the file by it."""

import json
import tomllib
from typing import Any

from scenarios.target.loading import Target
from tests.house.__main__ import ROOT

FILE = ROOT / "scenarios" / "target" / "pitboss.schema.json"
# Every value may stand in a variable, whatever its kind.
_VARIABLE = {"$ref": "#/$defs/Variable"}
# What pydantic makes for itself, and no reader needs.
_NOISE = ("title", "format", "writeOnly")


def schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12)."""
    made = Target.model_json_schema(by_alias=True)
    sections = {name: {"$ref": f"#/$defs/{_named(one)}"} for name, one in made["properties"].items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pitboss.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": sections,
        "$defs": {
            **{name: _section(one) for name, one in made["$defs"].items()},
            "Variable": {
                "type": "string",
                "pattern": "^env:",
                "description": "the variable whose value is meant",
            },
        },
    }


def text() -> str:
    """The file's text."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _named(made: dict[str, Any]) -> str:
    """The model that a section, which may be left out, is read into."""
    [name] = [each["$ref"] for each in (made, *made.get("anyOf", ())) if "$ref" in each]
    return str(name).rpartition("/")[2]


def _section(made: dict[str, Any]) -> dict[str, Any]:
    section = {name: value for name, value in made.items() if name not in _NOISE}
    if "description" in section:
        section["description"] = section["description"].partition("\n\n")[0].replace("``", "`")
    section["properties"] = {name: _key(one) for name, one in made["properties"].items()}
    return section


def _key(made: dict[str, Any]) -> dict[str, Any]:
    key = {name: value for name, value in made.items() if name not in _NOISE and value is not None}
    examples = key.pop("examples", [])
    # TOML has no null: a key that is not meant is left out.
    kinds = [each for each in key.pop("anyOf", []) if each.get("type") != "null"]
    if len(kinds) == 1:
        key |= kinds[0]
    elif kinds:
        key["anyOf"] = kinds
    key = {name: value for name, value in key.items() if name not in _NOISE}
    if "$ref" in key or "enum" in key or key.get("type", "string") != "string":
        reported = {name: key.pop(name) for name in ("description", "default") if name in key}
        key = {**reported, "anyOf": [key, _VARIABLE]}
    return key | (
        {"examples": [tomllib.loads(f"key = {each}")["key"] for each in examples]} if examples else {}
    )
