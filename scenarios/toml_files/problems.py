"""Faults of a target file, reported in three beats: which key, what is expected of it, the line to write."""

import types
from dataclasses import dataclass, field
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from scenarios.problems.did_you_mean import did_you_mean, nearest
from scenarios.problems.errors import UsageProblem

Keys = tuple[str, ...]


class Unfit(ValueError):
    """A value that does not fit with others; ``next_step`` is what to do."""

    def __init__(self, came: str, next_step: str) -> None:
        super().__init__(came)
        self.next_step = next_step


@dataclass
class Origin:
    """Where values came from: the file's name, the variables that override keys, the command that writes an example."""

    file: str
    variables: dict[Keys, str] = field(default_factory=dict)
    example: str = "pitboss init"

    def key(self, keys: Keys, *, bare: bool = False) -> str:
        """Name the key as the user wrote it: in the file, or as a variable; ``bare`` is one that is in no section."""
        for length in range(len(keys), 0, -1):
            variable = self.variables.get(keys[:length])
            if variable:
                return f"{variable} ({spelled(keys)})"
        return f"{spelled(keys, bare=bare)} in {self.file}"


def spelled(keys: Keys, *, bare: bool = False) -> str:
    """``("operator", "timeout")`` as "[operator] timeout"; where the first is ``bare``, it is no section."""
    section, *rest = keys
    text = section if bare else f"[{section}]"
    for part in rest:
        text += f"[{part}]" if part.isdecimal() else (" " if text.endswith("]") else ".") + part
    return text


def as_problem(
    invalid: ValidationError, model: type[BaseModel], data: dict[str, Any], origin: Origin
) -> list[UsageProblem]:
    """Every fault that ``invalid`` found in ``data``, read as ``model``; secrets are never quoted."""
    errors = invalid.errors(include_url=False)
    lost = {tuple(map(str, one["loc"])) for one in errors if one["type"] == "missing"}
    # A key that is missing because it was mistyped is one fault, not two.
    for one in errors:
        keys = tuple(map(str, one["loc"]))
        if one["type"] == "extra_forbidden" and (meant := nearest(keys[-1], [each[-1] for each in lost])):
            lost.discard((*keys[:-1], meant))
    return [
        _one(one, model, data, origin)
        for one in errors
        if one["type"] != "missing" or tuple(map(str, one["loc"])) in lost
    ]


def _one(error: ErrorDetails, model: type[BaseModel], data: dict[str, Any], origin: Origin) -> UsageProblem:
    # Of what is no key of a table the last part says just that.
    keys = tuple(str(part) for part in error["loc"] if part != "[key]")
    bare = _is_bare(keys[0], model, data)
    if error["type"] == "extra_forbidden":
        return _unknown(keys, model, origin, bare=bare)
    name, known = _field(model, keys)
    expected = (known.description if known else None) or reason(error)
    example = str((known.examples or [""])[0]) if known else ""
    line = f"{name} = {example}" if example else ""
    if error["type"] == "missing":
        if len(keys) == 1:
            lost = spelled(keys, bare=bare)
            return UsageProblem(f"{origin.file} has no {lost}", expected, f"add {line or lost}")
        section = spelled(keys[:-1])
        return UsageProblem(
            f"{section} in {origin.file} has no {keys[-1]}", expected, f"add to {section}: {line or keys[-1]}"
        )
    value = _value(data, keys)
    hidden = known is None or _is_secret(known) or isinstance(value, dict) or _tells_password(value)
    came = origin.key(keys, bare=bare) + ("" if hidden else f" is {_toml(value)}")
    inner = error.get("ctx", {}).get("error")
    wrong_key = "rename it, or remove it" if "[key]" in error["loc"] else "correct this value"
    usual = f"write for example: {line}" if line else wrong_key
    return UsageProblem(
        f"{came}: {reason(error)}", expected, inner.next_step if isinstance(inner, Unfit) else usual
    )


def _is_bare(key: str, model: type[BaseModel], data: dict[str, Any]) -> bool:
    """Whether ``key`` stands in no section of a file that is read as ``model``."""
    known = _by_name(model, key)
    asked = model.model_fields.values() if known is None else [known]
    sections = all(any(map(_is_model, _kinds(one.annotation))) for one in asked)
    return not sections and not isinstance(data.get(key), dict)


def _unknown(keys: Keys, model: type[BaseModel], origin: Origin, *, bare: bool) -> UsageProblem:
    holder = _model(model, keys[:-1])
    known = [(info.alias or name) for name, info in holder.model_fields.items()] if holder else []
    what = "section" if len(keys) == 1 and not bare else "key"
    return UsageProblem(
        f"{origin.key(keys, bare=bare)} is an unknown {what}",
        f"one of {', '.join(known)}: a mistyped {what} would otherwise be ignored in silence",
        did_you_mean(keys[-1], known, f"remove it, or see `{origin.example}` for every {what}"),
    )


def reason(error: ErrorDetails) -> str:
    """What is wrong, in a few words that quote no secret."""
    inner = error.get("ctx", {}).get("error")
    if isinstance(inner, ValueError):
        return str(inner)
    if error["type"] in ("model_type", "dict_type"):
        return "a table was expected"
    if error["type"] == "too_short":
        return "it is empty"
    message = error["msg"]
    return message[:1].lower() + message[1:]


def _value(data: Any, keys: Keys) -> Any:
    for key in keys:
        if isinstance(data, dict):
            data = data.get(key)
        elif isinstance(data, list) and key.isdecimal():
            data = data[int(key)]
        else:
            return data
    return data


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _model(model: type[BaseModel], keys: Keys) -> type[BaseModel] | None:
    for key in keys:
        found = _by_name(model, key)
        inner = next((kind for kind in _kinds(found.annotation) if _is_model(kind)), None) if found else None
        if inner is None:
            return None
        model = inner
    return model


def _field(model: type[BaseModel], keys: Keys) -> tuple[str, FieldInfo | None]:
    """The key and the field that ``keys`` lead to, or the last one on the way that has a description."""
    for length in range(len(keys), 0, -1):
        holder = _model(model, keys[: length - 1])
        found = _by_name(holder, keys[length - 1]) if holder else None
        if found and found.description:
            return keys[length - 1], found
    return "", None


def _by_name(model: type[BaseModel], key: str) -> FieldInfo | None:
    fields = model.model_fields
    return fields.get(key) or next((info for info in fields.values() if info.alias == key), None)


def _kinds(annotation: Any) -> list[Any]:
    """The plain types inside unions and annotations."""
    if get_origin(annotation) in (Union, types.UnionType, Annotated):
        return [kind for part in get_args(annotation) for kind in _kinds(part)]
    return [annotation]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _tells_password(value: Any) -> bool:
    """Whether ``value`` is an address with a user name or a password in it."""
    return isinstance(value, str) and "://" in value and "@" in value


def _is_secret(known: FieldInfo) -> bool:
    return any(kind is SecretStr or SecretStr in get_args(kind) for kind in _kinds(known.annotation))
