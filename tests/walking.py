"""Walks along every route × method with other companies' ids, and tells in words whatever they gave away.

A walk is a stream of findings: the walls' tests ask for none, the faults only for the first one.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests import entitled
from tests.dealings import form_data
from tests.market import Market
from tests.probing import CLASSES, Probe
from tests.world import Desk
from torihiki.exchange.pages.lists import BOXES
from torihiki.exchange.partners.actions.invitations import INVITATION as PARTNER_INVITATION
from torihiki.exchange.specs import KINDS
from torihiki.identity.keys import link_token
from torihiki.identity.letters import INVITATION as MEMBER_INVITATION
from torihiki.identity.policies import POLICIES
from torihiki.lib.ids import new_id

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")

TOKEN = re.compile(
    r"(?i:ZQ\d{4}Q)"  # marks
    r"|[A-Z]{2,4}-20\d\d-\d{6}"  # numbers of documents
    r"|(?<![\w.])[\w.]{1,60}@[\w.]{1,60}\.example"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?<![\w.,/-])[1-9]\d{0,2}(?:,\d{3}){2,}(?!\w)"  # amounts as pages show them
    r"|(?<![\w.,/-])[1-9]\d{6,}(?!\w)"
)
ONCE = re.compile(r'(name="csrfmiddlewaretoken" value="|"X-CSRFToken": ?")[A-Za-z0-9]+')
"""What differs between two answers to the same question."""


CONTENT: dict[str, tuple[str, Any]] = {
    "api-documents": ("", {"kind": "invoice", "body": {}}),
    "api-document": ("", {"reason": "ですか"}),
    "api-action": ("", {"version": 1, "revision": 1, "sha256": "0" * 64, "reason": "ですか"}),
    "api-comments": ("", {"text": "ですか"}),
    "api-files": ("?name=a.txt", b"a"),
    "api-imports": ("?kind=invoice", [{"recipients": ["00000000-0000-7000-8000-000000000000"], "body": {}}]),
    "api-take-in": ("?name=a.xml", b"<a/>"),
    "scim-users": ("", {"userName": "ですか"}),
    "scim-user": ("", {"userName": "ですか"}),
    "scim-groups": ("", {"displayName": "ですか", "members": [{"value": "00000000-0000-7000-8000-000000000000"}]}),
    "scim-group": ("", {"displayName": "ですか"}),
    "scim-bulk": ("", {}),
}
"""What a program sends to each address of the API that takes anything: a query, and JSON or bytes."""


@dataclass(frozen=True)
class Route:
    name: str
    view: Any
    parameters: tuple[str, ...]

    @property
    def methods(self) -> tuple[str, ...]:
        return getattr(self.view, "methods", ())

    @property
    def allowed(self) -> tuple[str, ...]:
        return (*self.methods, "HEAD") if "GET" in self.methods else self.methods

    @property
    def is_public(self) -> bool:
        return hasattr(self.view, "public")

    @property
    def is_api(self) -> bool:
        return hasattr(self.view, "operations")

    @property
    def is_desk(self) -> bool:
        return hasattr(self.view, "desk")

    def url(self, values: Mapping[str, Any]) -> str:
        return reverse(self.name, kwargs={name: values[name] for name in self.parameters})


def routes() -> list[Route]:
    return [
        Route(str(pattern.name), pattern.callback, tuple(_parameters(pattern)))
        for pattern in _patterns(get_resolver().url_patterns)
    ]


KEPT = {
    "identity_session": f"t.account_id = {entitled.PERSON}",  # is noted as in use
    "identity_tries": f"t.subject = {entitled.PERSON}",  # counts what was typed, right or wrong
    "sso_signinflow": f"t.provider_id IN (SELECT p.id FROM sso_identityprovider p WHERE p.company_id = {entitled.ME})",
}
"""Rows about a walker that a walk leaves in tables that no role reads."""


@dataclass
class Hidden:
    """What of the market one company must not learn, and its ids by what they are ids of."""

    market: Market
    desk: Desk
    everything: bool = False
    chosen: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @cached_property
    def tokens(self) -> frozenset[str]:
        """Every mark, number, address, id and amount of rows that the company is not entitled to, and of no other."""
        with self.market.superuser() as connection:
            probe = Probe(self.market, connection)
            hidden, shown = set(), set()
            for table, table_class in CLASSES.items():
                condition = f"coalesce({entitled.seen(table, table_class)}, false)"
                hidden |= self._words(probe, table, f"NOT {condition}")
                shown |= self._words(probe, table, condition)
        return frozenset(hidden - shown)

    @cached_property
    def names(self) -> list[str]:
        with self.market.superuser() as connection:
            probe = Probe(self.market, connection)
            condition = f"coalesce({entitled.seen('exchange_party', CLASSES['exchange_party'])}, false)"
            known = {row["name"] for row in probe.rows("exchange_party", condition, self.desk.actor, 10_000)}
            others = probe.rows("exchange_party", f"NOT {condition}", self.desk.actor, 10_000)
        return [row["name"] for row in others if row["name"] not in known]

    def rows(self, table: str, order: str = "", condition: str = "true") -> list[dict[str, Any]]:
        """Hidden rows of a table: all of them, or one for each different `order`."""
        return self._rows(table, order, f"NOT coalesce({entitled.seen(table, CLASSES[table])}, false) AND {condition}")

    def own(self, table: str, order: str = "", condition: str = "true") -> list[dict[str, Any]]:
        return self._rows(table, order, f"coalesce({entitled.seen(table, CLASSES[table])}, false) AND {condition}")

    def _rows(self, table: str, order: str, condition: str) -> list[dict[str, Any]]:
        key = f"{table} {order} {condition}"
        if key not in self.chosen:
            with self.market.superuser() as connection:
                rows = Probe(self.market, connection).rows(table, condition, self.desk.actor, 100_000)
            one_of_each = {tuple(str(row[name]) for name in order.split()): row for row in rows}
            self.chosen[key] = rows if self.everything or not order else list(one_of_each.values())
        return self.chosen[key]

    def digest(self) -> dict[str, Any]:
        """A fingerprint of everything that is hidden, by table."""
        with self.market.superuser() as connection:
            cursor = connection.cursor()
            return {
                table: cursor.execute(
                    f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"
                    f" WHERE NOT coalesce({self.mine(table)}, false)".encode(),
                    {"company": self.desk.company, "account": self.desk.actor.account_id},
                ).fetchone()
                for table in CLASSES
            }

    def mine(self, table: str) -> str:
        """What a walk may change: what the company sees, and what is kept about itself and nobody's to see."""
        return KEPT.get(table) or entitled.seen(table, CLASSES[table])

    def _words(self, probe: Probe, table: str, condition: str) -> set[str]:
        found: set[str] = set()
        for row in probe.rows(table, condition, self.desk.actor, 1_000_000):
            for value in _flat(row):
                found |= set(TOKEN.findall(value))
                if value.replace(".", "").isdecimal() and 1_000_000 <= float(value) < 10**13:
                    found |= {f"{int(float(value)):,}", str(int(float(value)))}
        return found


Ids = Callable[[Hidden], list[dict[str, Any]]]


def documents(hidden: Hidden) -> list[dict[str, Any]]:
    return [{"document_id": row["id"]} for row in hidden.rows("exchange_document", "kind version from_outside")]


def files(hidden: Hidden) -> list[dict[str, Any]]:
    """Another's file of another's document, and of a document of one's own."""
    own = hidden.own("exchange_document", "version")[:2]
    found = []
    for row in hidden.rows("exchange_attachment", "purpose shared_from"):
        found.append({"document_id": row["document_id"], "file_id": row["id"]})
        found += [{"document_id": document["id"], "file_id": row["id"]} for document in own]
    return found


def terms(hidden: Hidden) -> list[dict[str, Any]]:
    """Another's terms under another's partner, and under every partner of one's own."""
    partners = hidden.rows("exchange_partner", "company_id") + hidden.own("exchange_partner")
    return [
        {"partner_id": partner["id"], "terms_id": row["id"]}
        for partner in partners
        for row in hidden.rows("exchange_terms", "declined_at")
    ]


def ids(parameter: str, table: str, order: str) -> Ids:
    return lambda hidden: [{parameter: row["id"]} for row in hidden.rows(table, order)]


def sessions(hidden: Hidden) -> list[dict[str, Any]]:
    """Other people's: no role reads the table, so that one's own are hidden there too."""
    others = f"t.account_id <> {entitled.PERSON}"
    return [{"session_id": row["id"]} for row in hidden.rows("identity_session", "account_id", others)]


def withdrawn(hidden: Hidden) -> list[dict[str, Any]]:
    """Links that are over. One that is open is for whoever holds it: see the route's own reason."""
    over = "(t.withdrawn_at IS NOT NULL)"
    tokens = [
        link_token(MEMBER_INVITATION, UUID(row["id"]), _moment(row["expires_at"]))
        for row in hidden.rows("identity_invitation", "company_id", over)
    ] + [
        link_token(PARTNER_INVITATION, UUID(row["id"]), _moment(row["expires_at"]))
        for row in hidden.rows("exchange_relationship", "inviter_id state", "t.state IN ('withdrawn', 'active')")
    ]
    return [{"token": token} for token in tokens]


IDS: dict[tuple[str, ...], Ids] = {
    ("document_id",): documents,
    ("document_id", "file_id"): files,
    ("token_id",): ids("token_id", "identity_apitoken", "company_id"),
    ("member_id",): ids("member_id", "identity_member", "role"),
    ("role_id",): ids("role_id", "identity_ownrole", "company_id"),
    ("delegation_id",): ids("delegation_id", "identity_delegation", "company_id"),
    ("session_id",): sessions,
    ("passkey_id",): ids("passkey_id", "identity_passkey", "account_id"),
    ("unit_id",): ids("unit_id", "identity_unit", "company_id"),
    ("invitation_id",): ids("invitation_id", "identity_invitation", "company_id"),
    ("relationship_id",): ids("relationship_id", "exchange_relationship", "state"),
    ("partner_id",): ids("partner_id", "exchange_partner", "company_id"),
    ("partner_id", "terms_id"): terms,
    ("announcement_id",): ids("announcement_id", "announcements_announcement", "title_ja"),
    ("entry_id",): ids("entry_id", "ledger_entry", "event"),
    ("endpoint_id",): ids("endpoint_id", "exchange_webhookendpoint", "company_id"),
    ("delivery_id",): ids("delivery_id", "exchange_webhookdelivery", "company_id"),
    ("token",): withdrawn,
    ("route_id",): ids("route_id", "exchange_approvalroute", "company_id"),
    ("account_id",): ids("account_id", "payments_bankaccount", "company_id"),
    ("run_id",): ids("run_id", "payments_transferrun", "company_id"),
    ("receipt_id",): ids("receipt_id", "payments_bankline", "company_id"),
    ("statement_id",): ids("statement_id", "payments_statement", "company_id"),
    ("handover_id",): ids("handover_id", "exchange_handover", "company_id"),
    ("user_id",): ids("user_id", "sso_provisioneduser", "company_id"),
    ("group_id",): ids("group_id", "sso_provisionedgroup", "company_id"),
    ("provider_id",): ids("provider_id", "sso_identityprovider", "protocol"),
    ("link_id",): ids("link_id", "sso_linkedidentity", "company_id"),
}
"""Where foreign ids come from, by the parameters of a route that are ids."""

WORDS: dict[str, Callable[[], list[str]]] = {
    "number": lambda: ["1", "2", "99"],
    "box": lambda: [*BOXES],
    "kind": lambda: [*KINDS],
    "name": lambda: sorted(
        {step.name for kind in KINDS.values() for step in kind.steps} | {"approve", "discard", "send", "revise"}
    ),
    "code": lambda: sorted({export.code for kind in KINDS.values() for export in kind.exports}),
    "topic": lambda: [*POLICIES],
    "protocol": lambda: ["oidc", "saml"],
    "slug": lambda: ["no-such-company"],  # who knows a company's address for signing in may see its doors
    "answer": lambda: ["accept", "decline", "register"],
    "key": lambda: ["User", "urn:ietf:params:scim:schemas:core:2.0:Group", "ですか"],
}
"""Parameters that are words of the product and no ids."""


@dataclass
class Walk:
    """One desk on its way; `long` leaves nothing out."""

    market: Market
    desk: Desk
    long: bool = False
    asked: int = 0
    combinations: set[tuple[str, str]] = field(default_factory=set)

    @cached_property
    def hidden(self) -> Hidden:
        """Found once per company: what tests add later, they hide from nobody."""
        key = f"{self.desk.key} {self.long}"
        if key not in self.market.hidden:
            self.market.hidden[key] = Hidden(self.market, self.desk, everything=self.long)
        found = self.market.hidden[key]
        assert isinstance(found, Hidden)
        return found

    # ---- the walks

    def with_foreign_ids(self, methods: tuple[str, ...] = METHODS) -> Iterator[str]:
        """Every route that has ids × every method × foreign ids: the answer is the answer to an id that is nobody's."""
        for route in routes():
            names = id_parameters(route)
            if not names:
                continue
            foreign = IDS[names](self.hidden)
            for words in self.words_of(route):
                nobodys = {name: new_id() if name != "token" else "x" * 43 for name in names}
                for method in methods:
                    answer = self.told(self.ask(method, route, words | nobodys), words | nobodys)
                    for values in foreign if method in route.methods else foreign[:1]:
                        yield from self.compare(method, route, {**words, **values}, answer)

    def with_foreign_words(self) -> Iterator[str]:
        """Foreign ids in queries and forms of pages that are one's own."""
        for route, method, values, data in questions(self.hidden):
            response = self.ask(method, route, values, data)
            yield from self.leaks(response, f"{method} {route.name} with {sorted(data)}", sent=_sent(values, data))
            if response.status_code >= 500:
                yield f"{self.desk.key}: {method} {route.name} with {sorted(data)} answers {response.status_code}"

    def on_own_pages(self, only: Collection[str] = ()) -> Iterator[str]:
        """Every page that the company may read, or those of these routes, says nothing of what it may not."""
        for route in routes():
            if "GET" not in route.methods or route.name in UNREADABLE or (only and route.name not in only):
                continue
            for values in self.own_values(route):
                response = self.ask("GET", route, values)
                if response.status_code >= 500:
                    yield f"{self.desk.key}: GET {route.name} answers {response.status_code}"
                yield from self.leaks(response, f"GET {route.name}", sent=_sent(values, {}))

    # ---- what they look at

    def compare(self, method: str, route: Route, values: Mapping[str, Any], nobodys: tuple[Any, ...]) -> Iterator[str]:
        response = self.ask(method, route, values)
        words = f"{self.desk.key}: {method} {route.name}"
        if method in route.methods and response.status_code != 404:
            yield f"{words} of another's {dict(values)} answers {response.status_code}"
        if self.told(response, values) != nobodys:
            yield f"{words} of another's {dict(values)} is told apart from nobody's"
        yield from self.leaks(response, f"{method} {route.name}", sent=_sent(values, {}))

    def leaks(self, response: Any, words: str, *, sent: set[str]) -> Iterator[str]:
        text = _text(response)
        found = (set(TOKEN.findall(text)) & self.hidden.tokens) - sent - self.market.said[self.desk.key]
        found |= {name for name in self.hidden.names if name in text}
        if found:
            yield f"{self.desk.key}: {words} gives away {sorted(found)[:3]}"

    def ask(self, method: str, route: Route, values: Mapping[str, Any], data: Mapping[str, Any] | None = None) -> Any:
        self.asked += 1
        self.combinations.add((route.name, method))
        self.market.said[self.desk.key] |= _sent(values, data or {})
        if route.is_api:
            return self.call(method, route, values, data)
        send = getattr(self.desk.client, method.lower())
        body = dict(data or {}) if method in ("GET", "POST") else {}
        return send(route.url(values), body, secure=True) if body else send(route.url(values), secure=True)

    def call(self, method: str, route: Route, values: Mapping[str, Any], data: Mapping[str, Any] | None) -> Any:
        """As a program of this desk: by its token, not by the browser's session."""
        query, content = CONTENT.get(route.name, ("", None))
        if data is not None:
            query, content = (f"?{urlencode(data)}", None) if method == "GET" else ("", dict(data))
        headers = {"Idempotency-Key": str(new_id()), "Accept-Language": "ja"}
        is_scim = route.name.startswith("scim-")
        if token := (self.desk.scim_token if is_scim else "") or self.desk.token:
            headers["Authorization"] = f"Bearer {token}"
        if method in ("PATCH", "DELETE"):
            headers["If-Match"] = '"1"' if is_scim else '"1.1"'
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        media = "application/octet-stream" if isinstance(content, bytes) else "application/json"
        sends = method in ("POST", "PATCH", "PUT") and content is not None
        asks = query if sends or data is not None else ""
        return self.desk.client.generic(
            method,
            route.url(values) + asks,
            raw if sends else b"",
            media if sends else "",
            secure=True,
            headers=headers,
        )

    def told(self, response: Any, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """What the one who asks can tell an answer by, without the words of the question."""
        text = ONCE.sub(r"\1", _text(response))
        for value in values.values():
            text = text.replace(str(value), "…")
        return response.status_code, text

    def words_of(self, route: Route) -> list[dict[str, str]]:
        """Values for a route's words: all of them where that is asked for, else one."""
        found: list[dict[str, str]] = [{}]
        for name in route.parameters:
            if name in WORDS:
                values = WORDS[name]() if self.long else WORDS[name]()[:1]
                found = [{**words, name: value} for words in found for value in values]
        return found

    def own_values(self, route: Route) -> list[dict[str, Any]]:
        """Values by which the company reaches its own pages."""
        own = self.hidden.own
        order = "kind state version" if self.long else "kind version"
        names = id_parameters(route)
        if names == ("document_id",):
            rows = own("exchange_document", order)
            found = [{"document_id": row["id"], "kind": KINDS[row["kind"]]} for row in rows if row["version"] > 0]
            return [
                {**values, "name": step.name, "code": export, "number": 1}
                for values in found
                for step in values["kind"].steps[:1]
                for export in [e.code for e in values["kind"].exports[:1]] or ["none"]
            ]
        if names == ("document_id", "file_id"):
            rows = own("exchange_attachment", "company_id shared_from")
            return [{"document_id": row["document_id"], "file_id": row["id"]} for row in rows]
        if names == ("partner_id", "terms_id"):
            return []
        tables = {
            "member_id": "identity_member",
            "unit_id": "identity_unit",
            "role_id": "identity_ownrole",
            "partner_id": "exchange_partner",
            "entry_id": "ledger_entry",
            "endpoint_id": "exchange_webhookendpoint",
            "delivery_id": "exchange_webhookdelivery",
            "provider_id": "sso_identityprovider",
            "link_id": "sso_linkedidentity",
            "announcement_id": "announcements_announcement",
        }
        if names:
            order = {"entry_id": "event", "announcement_id": "id"}.get(names[0], "company_id")
            order = "" if self.long and order == "company_id" else order
            return [{names[0]: row["id"]} for row in own(tables[names[0]], order)] if names[0] in tables else []
        return [dict(words) for words in Walk(self.market, self.desk, long=True).words_of(route)]


UNREADABLE = {"document-pdf", "api-pdf", "sign-in", "audit-csv", "audit-lines", "documents-csv", "scim-me"}
"""Compressed; not for who is signed in; exports, which are walked with the questions; and what is not there by its
standard (501)."""


def id_parameters(route: Route) -> tuple[str, ...]:
    return tuple(sorted(name for name in route.parameters if name not in WORDS))


def questions(hidden: Hidden) -> Iterator[tuple[Route, str, dict[str, Any], dict[str, Any]]]:
    """(route, method, its own values, query or form with foreign ids): pages that take ids otherwise than by path."""
    by_name = {route.name: route for route in routes()}
    document = hidden.rows("exchange_document", "kind state")
    most = 1_000 if hidden.everything else 2
    party = hidden.rows("exchange_party", "owner_id")[:most]
    company = [row["id"] for row in hidden.rows("identity_company")][:most]
    recipient = [row["id"] for row in hidden.rows("exchange_recipient", "owner_id company_id")]
    unit = hidden.rows("identity_unit", "company_id")[0]["id"]
    own = hidden.own("exchange_document", "kind owner_id" if hidden.everything else "kind", "t.version > 0")
    for name in ("home", "inbox", "outbox", "drafts", "search"):
        for row in party:
            yield by_name[name], "GET", {}, {"partner": row["id"]}
    for box in BOXES:
        yield by_name["documents-csv"], "GET", {"box": box}, {"partner": party[0]["id"]}
        yield by_name["documents-csv"], "GET", {"box": box}, {}
        yield by_name["documents-csv"], "GET", {"box": box}, {"q": "ZQ"}
    yield by_name["search"], "GET", {}, {"q": "ZQ"}
    yield by_name["search"], "GET", {}, {"q": "株式会社"}
    for kind in KINDS.values():
        made = {row["kind"] for row in document} & {source.kind for source in kind.sources}
        for row in [row for row in document if row["kind"] in made]:
            yield by_name["document-new"], "GET", {"kind": kind.code}, {"source": row["id"]}
        for row in party:
            yield by_name["document-new"], "GET", {"kind": kind.code}, {"to": row["id"]}
            body = form_data(kind, kind.samples.valid) | {"recipients": row["id"]}
            for do in ("save", "send", "submit")[:most]:
                yield by_name["document-new"], "POST", {"kind": kind.code}, {**body, "do": do, "key": str(new_id())}
    for row in own:
        values = {"document_id": row["id"]}
        for number in ("2", "99"):
            for name in ("document", "document-json"):
                yield by_name[name], "GET", values, {"version": number}
        for other in company:
            remark = {"text": "ですか", "shared": "yes", "audience": other, "key": str(new_id())}
            yield by_name["document-comment"], "POST", values, remark
        for step in KINDS[row["kind"]].steps:
            for other in recipient[:2] if step.per_recipient else ():
                step_values = {**values, "name": step.name}
                yield by_name["document-step"], "GET", step_values, {"recipient": other}
                asked = {"recipient": other, "version": row["version"], "reason": "ですか"}
                if not step.danger:
                    yield by_name["document-step"], "POST", step_values, asked
    yield from _programs_questions(by_name, hidden, own)
    person = {"email": "new@own.example", "name": "新人", "role": "clerk", "unit": unit}
    yield by_name["invite-member"], "POST", {}, person
    for row in hidden.own("identity_member", "role", "t.role <> 'administrator'"):
        yield by_name["member"], "POST", {"member_id": row["id"]}, {**person, "role": row["role"]}
    yield by_name["new-unit"], "POST", {}, {"name": "支店", "code": "9", "parent": unit}
    for row in hidden.own("identity_unit", "parent_id"):
        yield by_name["unit"], "POST", {"unit_id": row["id"]}, {"name": "支店", "code": "9", "parent": unit}
    for row in document[:3] + party[:2]:
        for name in ("audit", "audit-csv", "audit-lines"):
            yield by_name[name], "GET", {}, {"subject": row["id"]}
    for name in ("audit", "audit-csv", "audit-lines"):
        yield by_name[name], "GET", {}, {}


def _programs_questions(
    by_name: dict[str, Route], hidden: Hidden, own: list[dict[str, Any]]
) -> Iterator[tuple[Route, str, dict[str, Any], dict[str, Any]]]:
    """Foreign ids in what programs ask and send."""
    most = 1_000 if hidden.everything else 2
    party = [row["id"] for row in hidden.rows("exchange_party", "owner_id")[:most]]
    document = [row["id"] for row in hidden.rows("exchange_document", "kind state")]
    recipient = [row["id"] for row in hidden.rows("exchange_recipient", "owner_id company_id")[:most]]
    for other in party:
        yield by_name["api-documents"], "GET", {}, {"counterparty": other}
    for words in ("ZQ", "株式会社"):
        yield by_name["api-documents"], "GET", {}, {"q": words}
        yield by_name["api-partners"], "GET", {}, {"q": words}
    for kind in KINDS.values():
        for source in (*document[:most], None):
            body = {"kind": kind.code, "body": dict(kind.samples.valid), "recipients": party, "source": source}
            yield by_name["api-documents"], "POST", {}, {**body, "send": True}
    for row in own[:most]:
        values = {"document_id": row["id"]}
        for number in (2, 99):
            yield by_name["api-version"], "GET", {**values, "number": number}, {}
        for other in recipient:
            yield by_name["api-comments"], "POST", values, {"text": "ですか", "shared": True, "recipient": other}
            for step in KINDS[row["kind"]].steps:
                if step.per_recipient and not step.danger:
                    asked = {"version": row["version"], "reason": "ですか", "recipient": other}
                    yield by_name["api-action"], "POST", {**values, "name": step.name}, asked


def _text(response: Any) -> str:
    if response.streaming:
        return ""
    headers = " ".join(f"{name}: {value}" for name, value in response.items())
    cookies = " ".join(morsel.OutputString() for name, morsel in response.cookies.items() if "csrf" not in name)
    return f"{response.content.decode(errors='replace')} {headers} {cookies}"


def _sent(values: Mapping[str, Any], data: Mapping[str, Any]) -> set[str]:
    return {str(value) for value in (*values.values(), *data.values())}


def _flat(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _flat(item)
    elif isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif value is not None and not isinstance(value, bool) and not str(value).startswith("\\x"):
        yield str(value)  # bytes would be hexadecimal here, which no page shows


def _moment(text: str) -> Any:
    from django.utils.dateparse import parse_datetime

    return parse_datetime(text)


def _patterns(found: list[Any]) -> Iterator[URLPattern]:
    for pattern in found:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns)
        else:
            yield pattern


def _parameters(pattern: URLPattern) -> list[str]:
    groups = getattr(pattern.pattern, "regex", None)
    return [*pattern.pattern.converters] or ([*groups.groupindex] if groups else [])
