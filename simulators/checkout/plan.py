"""The query that every merchant sends, carried out without an interpreter: one mutation of plain fields.

A plan gives what graphql-core gives, at a tenth of the cost; any other query has none, and is graphql-core's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
)

# The mutation of the schema.
MUTATION: Final = "createMerchantCheckout"

# The names of a selection: the key in the answer, the field, and what is selected of it.
Shape = tuple[tuple[str, str, "Shape | None"], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a query asks for: the variables that hold each argument, the key of the answer, and its shape."""

    variables: Mapping[str, str]
    key: str
    shape: Shape

    def arguments(self, given: Mapping[str, Any] | None) -> dict[str, str] | None:
        """The arguments, of the variables that were given; None where one is no text."""
        found = {name: (given or {}).get(variable) for name, variable in self.variables.items()}
        texts = {name: value for name, value in found.items() if isinstance(value, str)}
        return texts if len(texts) == len(found) else None

    def answer(self, made: Mapping[str, Any]) -> dict[str, Any]:
        """What was asked for of what was made."""
        return {"data": {self.key: _selected(made, self.shape)}}


def plan(document: DocumentNode) -> Plan | None:
    """The plan of a validated query, None where it is no plain one."""
    if len(document.definitions) != 1:
        return None
    asked = document.definitions[0]
    if not isinstance(asked, OperationDefinitionNode) or asked.operation is not OperationType.MUTATION:
        return None
    if asked.directives or any(
        one.default_value or one.directives for one in asked.variable_definitions or ()
    ):
        return None
    selections = asked.selection_set.selections
    field = selections[0]
    if (
        len(selections) != 1
        or not isinstance(field, FieldNode)
        or field.name.value != MUTATION
        or field.directives
    ):
        return None
    variables = {
        one.name.value: one.value.name.value
        for one in field.arguments or ()
        if isinstance(one.value, VariableNode)
    }
    shape = None if field.selection_set is None else _shape(field.selection_set)
    if shape is None or len(variables) != len(field.arguments or ()):
        return None
    return Plan(variables, _key(field), shape)


def _key(field: FieldNode) -> str:
    return (field.alias or field.name).value


def _shape(selected: SelectionSetNode) -> Shape | None:
    names: list[tuple[str, str, Shape | None]] = []
    for field in selected.selections:
        if (
            not isinstance(field, FieldNode)
            or field.directives
            or field.arguments
            or field.name.value.startswith("__")
        ):
            return None
        below = None if field.selection_set is None else _shape(field.selection_set)
        if field.selection_set is not None and below is None:
            return None
        names.append((_key(field), field.name.value, below))
    # A key that comes twice is merged; that is for an interpreter.
    return tuple(names) if len({key for key, *_ in names}) == len(names) else None


def _selected(made: Any, shape: Shape) -> Any:
    if made is None:
        return None
    if isinstance(made, list):
        return [_selected(each, shape) for each in made]
    return {
        key: made.get(name) if below is None else _selected(made.get(name), below)
        for key, name, below in shape
    }
