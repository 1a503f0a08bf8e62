"""What a provider says of users and groups, with bounds, and how it comes out of a body."""

import json
from typing import Annotated, Any, Literal, TypeVar

from django.core.exceptions import ValidationError as Unfit
from django.core.validators import validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from torihiki.identity.sso.scim.refusals import ScimRefused

BYTES_MAX = 2**20
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
OPERATIONS_MAX = 100
EMAILS_MAX = 10
MEMBERS_MAX = 10_000


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("characters that cannot be printed")
    return text


def _address(text: str) -> str:
    try:
        validate_email(text)
    except Unfit as error:
        raise ValueError("no e-mail address") from error
    return text


def _truth(value: Any) -> Any:
    """Entra ID sends booleans as the strings `True` and `False`."""
    words = {"true": True, "false": False}
    return words.get(value.lower(), value) if isinstance(value, str) else value


def _nothing(value: Any) -> Any:
    """null stands for an attribute that is not there (RFC 7643, 2.5)."""
    return "" if value is None else value


Truth = Annotated[bool, Field(strict=True), BeforeValidator(_truth)]
Text = Annotated[
    str, StringConstraints(max_length=200, strip_whitespace=True), AfterValidator(_printable), BeforeValidator(_nothing)
]
Key = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), AfterValidator(_printable)]
Address = Annotated[str, StringConstraints(max_length=254, strip_whitespace=True), AfterValidator(_address)]


class Part(BaseModel):
    """Attribute names in any case; what is not kept here is not read."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        lower = {str(name).lower(): each for name, each in value.items()}
        if len(lower) < len(value):
            raise ValueError("an attribute is there twice")
        return lower


class Name(Part):
    formatted: Text = ""
    givenname: Text = ""
    familyname: Text = ""


class Email(Part):
    value: Address
    type: Text = "work"
    primary: Truth = False


class User(Part):
    """`active` false is a suspended member."""

    username: Key
    externalid: Text = ""
    displayname: Text = ""
    name: Name = Field(default_factory=Name)
    emails: Annotated[tuple[Email, ...], Field(max_length=EMAILS_MAX)] = ()
    active: Truth = True

    @model_validator(mode="after")
    def _one_primary(self) -> "User":
        if sum(email.primary for email in self.emails) > 1:
            raise ValueError("more than one primary address")
        return self

    @property
    def email(self) -> str:
        """The primary address, that of work, any; the user name where it is an address; or empty."""
        ranked = sorted(self.emails, key=lambda each: (not each.primary, each.type.lower() != "work"))
        if ranked:
            return ranked[0].value
        try:
            return _address(self.username)
        except ValueError:
            return ""

    @property
    def shown_name(self) -> str:
        """The name as the provider wrote it; else family name first where the words are Japanese."""
        parts = [self.name.familyname, self.name.givenname]
        if all(parts) and all(part.isascii() for part in parts):
            parts.reverse()
        return self.displayname or self.name.formatted or " ".join(filter(None, parts)) or self.username


class Reference(Part):
    value: Key


class Group(Part):
    displayname: Key
    externalid: Text = ""
    members: Annotated[tuple[Reference, ...], Field(max_length=MEMBERS_MAX)] = ()


class Operation(Part):
    """One of a PATCH (RFC 7644, 3.5.2). Some providers write `Add`."""

    op: Annotated[
        Literal["add", "remove", "replace"], BeforeValidator(lambda v: v.lower() if isinstance(v, str) else v)
    ]
    path: Annotated[str, StringConstraints(max_length=1_000)] | None = None
    value: Any = None


class Patch(Part):
    schemas: Annotated[tuple[str, ...], Field(max_length=10)]
    operations: Annotated[tuple[Operation, ...], Field(min_length=1, max_length=OPERATIONS_MAX)]

    @model_validator(mode="after")
    def _schema(self) -> "Patch":
        if PATCH not in self.schemas:
            raise ValueError("not a PatchOp")
        return self


Shape = TypeVar("Shape", bound=Part)


def read_json(content: bytes) -> dict[str, Any]:
    """An object. Raises ScimRefused: 413 above 1 MiB, invalidSyntax for what is no JSON, too deep, or says a name
    twice."""
    if len(content) > BYTES_MAX:
        raise ScimRefused("A request has 1 MiB at most.", status=413)
    try:
        value = json.loads(content.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ScimRefused("The body is not usable JSON.", scim_type="invalidSyntax") from error
    if not isinstance(value, dict):
        raise ScimRefused("The body is a JSON object.", scim_type="invalidSyntax")
    return value


def read_as(shape: type[Shape], value: Any) -> Shape:
    """Raises ScimRefused (invalidValue), naming the attributes and never what stood there."""
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        names = {
            ".".join(str(part) for part in each["loc"] if str(part).isidentifier())[:60] for each in error.errors()
        }
        told = ", ".join(sorted(filter(None, names))[:5]) or "the whole"
        raise ScimRefused(f"Not usable: {told}.", scim_type="invalidValue") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)
