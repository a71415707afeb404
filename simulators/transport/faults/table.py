"""All faults in a table, and as text: ``answer-lost:after=20ms``, ``slow-body:chunk=1,pause=5ms``."""

import difflib
from collections.abc import Iterable
from dataclasses import Field, fields

from simulators.transport.delivery import Fault
from simulators.transport.fault_parameters import Form, UnfitFault
from simulators.transport.faults.ordering import CopiesInFlight, DelayedDelivery, Reordered, RetrySchedule
from simulators.transport.faults.wire import AnswerLost, ClientKilled, ResetWhileSending, SlowBody, SlowReader

# Every fault by its name. Each class tells its summary, and each field its meaning and form.
FAULTS: dict[str, type[Fault]] = {
    kind.name: kind
    for kind in (
        AnswerLost,
        ResetWhileSending,
        SlowBody,
        SlowReader,
        ClientKilled,
        DelayedDelivery,
        Reordered,
        CopiesInFlight,
        RetrySchedule,
    )
}


def parameters(kind: type[Fault]) -> list[tuple[str, str, str, str]]:
    """The parameters of a fault: name, what is expected, what it means, default as text."""
    return [
        (_key(item), _form(item).expected, str(item.metadata["meaning"]), _form(item).write(item.default))
        for item in fields(kind)
    ]


def parse_fault(text: str) -> Fault:
    """Read one fault from ``name`` or ``name:parameter=value,parameter=value``.

    Raises UnfitFault, with what was meant perhaps, where the name, a parameter or a value is not known.
    """
    name, _, rest = text.strip().partition(":")
    kind = FAULTS.get(name)
    if kind is None:
        raise UnfitFault(
            f"there is no fault {name!r}{_meant(name, FAULTS)}",
            f"the faults are {', '.join(FAULTS)}",
            "name one of these",
        )
    known = {_key(item): item for item in fields(kind)}
    values = {}
    for part in filter(None, rest.split(",")):
        key, _, value = part.partition("=")
        item = known.get(key.strip().replace("_", "-"))
        if item is None:
            raise UnfitFault(
                f"{name} has no parameter {key.strip()!r}{_meant(key.strip(), known)}",
                f"it takes {', '.join(known)}",
                "give one of these",
            )
        try:
            values[item.name] = _form(item).read(value.strip())
        except ValueError:
            raise UnfitFault(
                f"{name}: {_key(item)} is {value.strip()!r}",
                f"it must be {_form(item).expected} ({item.metadata['meaning']})",
                "give another value",
            ) from None
    return kind(**values)


def spell_fault(fault: Fault) -> str:
    """Write ``fault`` so that ``parse_fault`` reads the same fault again; defaults are left out."""
    parts = [
        f"{_key(item)}={_form(item).write(getattr(fault, item.name))}"
        for item in fields(fault)
        if getattr(fault, item.name) != item.default
    ]
    return f"{fault.name}:{','.join(parts)}" if parts else fault.name


def _key(item: Field[object]) -> str:
    return item.name.replace("_", "-")


def _form(item: Field[object]) -> Form:
    form: Form = item.metadata["form"]
    return form


def _meant(given: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(given, list(names), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
