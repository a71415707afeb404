"""Dialect files: another provider's words, as a TOML file describes them, read into a ``TemplateDialect``."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Self

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from scenarios.dialects.messages import ASKING, OWN, nested, places_in, unsayable
from scenarios.problems.errors import UsageProblem
from scenarios.toml_files.problems import Origin, Unfit, as_problem
from scenarios.toml_files.reading import read_toml
from scenarios.toml_files.section import Section
from scenarios.toml_files.values import Name
from simulators.wallet.dialect import Abilities
from simulators.wallet.signers import HASHES, HMACS, RSA, Output, Over, Place, Signer
from simulators.wallet.template_dialect import PLACES, Amount, Answers, AskedIn, Encoding, TemplateDialect
from simulators.wallet.transactions import Kind

# The command that writes a file to compare with.
_EXAMPLE = "pitboss dialect new example.toml"
# With so many digits a tenth of every currency's unit can be written.
_FINE = 5


def _by_kind(path: Any) -> Any:
    return dict.fromkeys(Kind, _path(path)) if isinstance(path, str) else path


def _path(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError("it does not begin with /")
    return path


def _expression(text: str) -> str:
    try:
        jmespath.compile(text)
    except JMESPathError as error:
        raise ValueError(f"it is no JMESPath: {str(error).splitlines()[0]}") from None
    return text


def _method(name: str) -> str:
    if name not in (*HASHES, *HMACS, RSA):
        raise ValueError("no such method is known")
    return name


WalletPath = Annotated[str, AfterValidator(_path)]
Expression = Annotated[str, AfterValidator(_expression)]


class AmountForm(Section):
    """``[amount]``."""

    form: Amount = Field(
        description='"number" (12.5), "text" ("12.5"), "minor" (1250 cents) or "scaled" (parts of ten to the power of '
        "digits)",
        examples=['"minor"'],
    )
    digits: int = Field(
        0, ge=0, le=18, description='for "scaled": 5 writes 12.5 as 1250000; from 0 to 18', examples=["5"]
    )

    @property
    def fine(self) -> bool:
        """Whether amounts finer than any currency's unit can be written."""
        return self.form in ("number", "text") or (self.form == "scaled" and self.digits >= _FINE)


class Signature(Section):
    """``[signature]``."""

    method: Annotated[str, AfterValidator(_method)] = Field(
        description=f"one of {', '.join((*HMACS, *HASHES, RSA))}", examples=['"hmac-sha256"']
    )
    over: Over = Field(
        "body",
        description='what is signed: the "body" (the query string without the signature), or of its fields, sorted by '
        'name, the "values" or the "pairs" name=value joined by &',
        examples=['"body"'],
    )
    secret: Place = Field(
        "after", description='where the secret stands beside a text that is hashed: "after" or "before" it'
    )
    output: Output = Field("hex", description='"hex", "HEX" (capitals) or "base64"', examples=['"hex"'])
    header: Name | None = Field(
        None, description="the header that holds the signature", examples=['"X-Signature"']
    )
    field: Name | None = Field(
        None, description="the field of the message that holds the signature", examples=['"sign"']
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.header is None) == (self.field is None):
            raise Unfit(
                "it needs either header or field, where the signature stands",
                'write one of them: header = "X-Signature", or field = "sign"',
            )
        return self


class AnswerForm(Section):
    """``[answer]``."""

    encoding: Encoding = Field("json", description='"json" or "form"', examples=['"json"'])
    done: Expression = Field(
        description="a JMESPath that is true where the transaction was processed",
        examples=["\"status == 'OK'\""],
    )
    error: Expression = Field(
        description="a JMESPath that finds the reason of a refusal, null where there is none",
        examples=['"status"'],
    )
    client_id: Expression | None = Field(
        None, description="a JMESPath that finds the CLIENT's own transaction id", examples=['"reference"']
    )
    balance: Expression | None = Field(
        None,
        description="a JMESPath that finds the player's balance, written as amounts are, in what says done",
        examples=['"balance"'],
    )
    insufficient_funds: Name | int = Field(
        description="the error of a bet that the balance does not cover, a text or a number",
        examples=['"INSUFFICIENT_FUNDS"'],
    )


class BalanceForm(Section):
    """``[balance]``: the call that asks what a player has."""

    path: WalletPath = Field(
        description="the path of the balance call, that is appended to callback_url",
        examples=['"/balance"'],
    )
    message: dict[str, Any] = Field(
        description=f"what the balance call says; {', '.join(ASKING)} and what is agreed on stand for their values"
    )


class Decisions(Section):
    """``[decisions]``: what the provider decided where providers differ."""

    copies_as_first: bool = Field(
        True, description="whether a copy is answered with the CLIENT's id of the first", examples=["true"]
    )
    unknown_rollbacks: bool = Field(
        True, description="whether the rollback of an unknown transaction is a success", examples=["true"]
    )
    results_alone: bool = Field(
        True,
        description="whether a result may come that no bet precedes; otherwise each names a known bet, as {bet}",
        examples=["true"],
    )
    ids_across_players: bool = Field(
        True,
        description="whether no two players ever share an id; otherwise it is one transaction's with its player alone",
        examples=["true"],
    )


class DialectFile(Section):
    """A whole dialect file."""

    name: Name = Field(description="what reports call the dialect", examples=['"acme"'])
    source: str = Field(
        "",
        description="the document and sections that the file rests on",
        examples=['"Acme Wallet API, Callbacks"'],
    )
    encoding: AskedIn = Field(
        "json",
        description='how messages are written: "json" or "form" in the body of a POST, "query" in the address of a GET',
        examples=['"json"'],
    )
    path: Annotated[dict[Kind, WalletPath], BeforeValidator(_by_kind)] = Field(
        description="the path that is appended to callback_url; one, or one for each of bet, result and rollback",
        examples=['"/wallet"'],
    )
    agreed: dict[Name, str] = Field(
        default_factory=dict,
        description="further places by their names, and what stands for each where [operator] agreed says nothing else",
        examples=['{ token = "demo" }'],
    )
    messages: dict[Kind, dict[str, Any]] = Field(
        description=f"a table for each of bet, result and rollback; {', '.join(PLACES)} stand for what is asked",
    )
    several: Name | None = Field(
        None,
        description="the field of messages whose list may hold more than the one part it has there: several "
        "transactions of a player in one request, done as a whole or not at all",
        examples=['"actions"'],
    )
    amount: AmountForm = Field(description="how amounts are written")
    signature: Signature = Field(description="how messages are signed with security_hash")
    answer: AnswerForm = Field(description="how answers are read")
    balance: BalanceForm | None = Field(
        None, description="the call that asks for a balance, where there is one"
    )
    decisions: Decisions = Field(default_factory=Decisions, description="where providers differ")

    @field_validator("path", "messages")
    @classmethod
    def _every_kind(cls, given: dict[Kind, Any]) -> dict[Kind, Any]:
        if missing := [kind for kind in Kind if kind not in given]:
            raise Unfit(
                f"{missing[0]} is missing; there are {', '.join(Kind)}",
                f"add it; {_EXAMPLE} writes a file that is whole, to compare with",
            )
        return given

    @field_validator("messages")
    @classmethod
    def _sayable(cls, given: dict[Kind, dict[str, Any]], info: ValidationInfo) -> dict[Kind, dict[str, Any]]:
        flat, places = _flat_and_places(info, PLACES)
        found = (each for kind in Kind for each in unsayable(kind, given[kind], places, flat=flat))
        if problem := next(found, None):
            raise problem
        return given

    @field_validator("several")
    @classmethod
    def _in_lists(cls, given: str | None, info: ValidationInfo) -> str | None:
        if given is None:
            return None
        messages, path = info.data.get("messages", {}), info.data.get("path", {})
        for kind, message in messages.items():
            listed = message.get(given)
            if not (isinstance(listed, list) and len(listed) == 1):
                raise Unfit(
                    f"{kind} has no list of one part in {given!r}",
                    f'write to [messages.{kind}]: {given} = [{{ id = "{{id}}", .. }}]',
                )
            if lost := sorted(OWN.intersection(places_in(message)).difference(places_in(listed))):
                raise Unfit(
                    f"{kind} has {lost[0]} outside the list of {given!r}, where it is one part's",
                    "move it into the list",
                )
        if path and path[Kind.BET] != path[Kind.RESULT]:
            raise Unfit(
                "a bet and its result cannot be one request, as their paths differ",
                "leave several out, or write one path for both",
            )
        return given

    @field_validator("balance")
    @classmethod
    def _asked_and_answered(cls, given: BalanceForm | None, info: ValidationInfo) -> BalanceForm | None:
        if given is None:
            return None
        flat, places = _flat_and_places(info, ASKING)
        found = set(places_in(given.message))
        if "{player}" not in found:
            raise Unfit(
                "message has no {player} as the whole value of a field",
                'add to its message for example: player = "{player}"',
            )
        if unknown := sorted(found.difference(places)):
            raise Unfit(
                f"message has {unknown[0]}, which stands for nothing in a balance call",
                f"write one of {', '.join(ASKING)}, or what stands there as it is sent",
            )
        if flat and (deep := nested("message", given.message)):
            raise deep
        if "answer" in info.data and info.data["answer"].balance is None:
            raise Unfit(
                "there is a balance call, and [answer] balance does not say where the balance is",
                'add to [answer] for example: balance = "balance"',
            )
        return given

    @field_validator("decisions")
    @classmethod
    def _as_messages_say(cls, given: Decisions, info: ValidationInfo) -> Decisions:
        result = info.data.get("messages", {}).get(Kind.RESULT, {})
        if not given.results_alone and "{bet}" not in places_in(result):
            raise Unfit(
                "results_alone is false, and messages.result has no {bet}",
                'add to [messages.result] for example: bet = "{bet}"',
            )
        return given

    @field_validator("signature")
    @classmethod
    def _of_what_is_there(cls, sign: Signature, info: ValidationInfo) -> Signature:
        if info.data.get("encoding") == "json" and sign.field is not None and sign.over == "body":
            raise Unfit(
                'a field inside a JSON body cannot be over = "body"; it is over "values" or "pairs"',
                'write over = "values", or header = "X-Signature" in place of field',
            )
        return sign

    def dialect(self) -> TemplateDialect:
        """The dialect that the file describes."""
        sign, answer = self.signature, self.answer
        return TemplateDialect(
            called=self.name,
            source=self.source,
            agreed=self.agreed,
            paths=self.path,
            encoding=self.encoding,
            messages=self.messages,
            amount=self.amount.form,
            digits=self.amount.digits,
            signer=Signer(sign.method, sign.over, sign.secret, sign.output),
            header=sign.header,
            field=sign.field,
            answers=Answers(
                answer.encoding,
                answer.done,
                answer.error,
                answer.client_id,
                str(answer.insufficient_funds),
                answer.balance,
            ),
            asks=None if self.balance is None else (self.balance.path, self.balance.message),
            several=self.several,
            decisions=Abilities(
                several=self.several is not None,
                copies_as_first=self.decisions.copies_as_first,
                unknown_rollbacks=self.decisions.unknown_rollbacks,
                results_alone=self.decisions.results_alone,
                ids_across_players=self.decisions.ids_across_players,
                fine_amounts=self.amount.fine,
                rollback_currency="{currency}" in places_in(self.messages[Kind.ROLLBACK]),
                rollback_ids="{id}" in places_in(self.messages[Kind.ROLLBACK]),
                client_ids=answer.client_id is not None,
                balance_reported=answer.balance is not None,
                balance_call=self.balance is not None,
            ),
        )


def read_dialect(path: Path) -> TemplateDialect:
    """Read the dialect file at ``path``. Raises UsageProblem, which tells of every fault found."""
    try:
        data = read_toml(path, _EXAMPLE)
    except FileNotFoundError:
        raise UsageProblem(
            f"there is no dialect file {path}",
            "a TOML file that describes the messages of a wallet provider",
            "correct the path (relative ones begin at the target file), or write one: pitboss dialect new FILE",
        ) from None
    try:
        return DialectFile.model_validate(data).dialect()
    except ValidationError as invalid:
        first, *more = as_problem(invalid, DialectFile, data, Origin(str(path), {}, _EXAMPLE))
        raise UsageProblem(first.came, first.expected, first.next_step, tuple(more)) from None


def _flat_and_places(info: ValidationInfo, places: Collection[str]) -> tuple[bool, tuple[str, ...]]:
    """Whether messages can hold no tables, and what may stand in them."""
    flat = info.data.get("encoding") in ("form", "query")
    return flat, (*places, *(f"{{{name}}}" for name in info.data.get("agreed", ())))
