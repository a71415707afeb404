"""How single values of a target file are read: addresses, currencies, lists, numbers, durations; and their types."""

import ipaddress
import json
import re
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from simulators.values import money

_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smh]?)")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9._~-]+")
EXPECTED: Final = "a duration above 0, such as 90s, 5m or 1h"


def duration(text: Any) -> float:
    """The seconds of a duration such as 90, 90s, 5m or 1.5h. Raises ValueError for anything else, and for 0."""
    found = _DURATION.fullmatch(str(text).strip())
    seconds = float(found[1]) * _UNITS[found[2] or "s"] if found else 0.0
    if seconds <= 0:
        raise ValueError(f"it is not {EXPECTED}")
    return seconds


def _http_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it is no http:// or https:// address with a host")
    _ = parts.port  # raises ValueError where the port is no number
    if "@" in parts.netloc:
        raise ValueError(
            "it holds a user name or a password, which addresses take into logs; send them as a header: "
            'headers = { Authorization = "env:GATEWAY" } in [target], or in the entry of [driver]'
        )
    return url


def callback_url(url: str) -> str:
    """``url`` as paths are appended to it; raises ValueError where it is no address of a CLIENT."""
    if urlsplit(_http_url(url)).query or "#" in url:
        raise ValueError("paths are appended to it, so that it can have no ? and no #")
    return url.rstrip("/")


def _currency(code: str) -> str:
    try:
        money.decimals(code)
    except money.UnknownCurrency as problem:
        hint = f"; did you mean {code.upper()}?" if code != code.upper() else ""
        raise ValueError(f"{problem}{hint}") from None
    return code


def _path_segment(text: str) -> str:
    if not _SEGMENT.fullmatch(text):
        raise ValueError(f"{text!r} is no single part of a path, as in http://../v1/auth")
    return text


def _addresses(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither an IP address nor a network") from None
    return text


def listed(value: Any) -> Any:
    """A list that comes from the environment is JSON, or words with commas between them."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [word.strip() for word in value.split(",") if word.strip()]


def table(value: Any) -> Any:
    """A table that comes from the environment is JSON."""
    return json.loads(value) if isinstance(value, str) and value.lstrip().startswith("{") else value


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("it is true or false, not a number")  # noqa: TRY004 - pydantic reports ValueError
    return value


def distinct(ids: tuple[str, ...]) -> tuple[str, ...]:
    """``ids``, each of which is there once. Raises ValueError."""
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is there more than once")
    return ids


def _secret(value: SecretStr) -> SecretStr:
    if not value.get_secret_value():
        raise ValueError("it is empty")
    return value


Url = Annotated[str, AfterValidator(_http_url)]
CallbackUrl = Annotated[str, AfterValidator(callback_url)]
Secret = Annotated[SecretStr, AfterValidator(_secret)]
CurrencyCode = Annotated[str, AfterValidator(_currency)]
Addresses = Annotated[str, AfterValidator(_addresses)]
PathPart = Annotated[str, AfterValidator(_path_segment)]
Name = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, BeforeValidator(_number), Field(gt=0, allow_inf_nan=False)]
Pause = Annotated[float, BeforeValidator(_number), Field(ge=0, allow_inf_nan=False)]
Duration = Annotated[float, BeforeValidator(duration, json_schema_input_type=str)]
Count = Annotated[int, BeforeValidator(_number)]
