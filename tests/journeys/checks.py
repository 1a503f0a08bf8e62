"""What holds for every page whatever it shows: accessible, quiet in the console, within its policy, in one language."""

import re
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
AXE_OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]},
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
NARROWEST = 320  # CSS pixels, WCAG 1.4.10

RUN_AXE = """async (options) => {
  // What a bar covers at one place of the page it does not cover once one scrolls: they lie still meanwhile.
  const bars = [...document.querySelectorAll(".topbar, .phonebar, .sheet-bar, .action-bar")];
  bars.forEach((bar) => { bar.style.position = "static"; });
  const found = await axe.run(options);
  bars.forEach((bar) => { bar.style.position = ""; });
  return found;
}"""

WATCH = """
document.addEventListener("securitypolicyviolation", (event) =>
  window.reportBroken(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
"""Run before anything of a page, told to the test as it happens."""

WIDER = """() => {
  const root = document.scrollingElement;
  if (root.scrollWidth <= root.clientWidth) return null;
  const out = [...document.body.querySelectorAll("*")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width && box.right > root.clientWidth + 1 && !element.closest(".table-wrap, .paper-scroll, .tabs");
  });
  const shown = out.slice(-3).map((element) => element.outerHTML.slice(0, 120));
  return `${root.scrollWidth} of ${root.clientWidth} px: ${shown.join(" | ")}`;
}"""

DOUBLE_IDS = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  return ids.filter((id, index) => ids.indexOf(id) !== index);
}"""

VISIBLE_WORDS = """() => {
  const found = [document.title];
  const own = (node) => !node.closest("[lang]:not(html):not(:lang(ja)), script, style, template, noscript, kbd, code");
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (own(element) && element.checkVisibility()) found.push(walker.currentNode.data);
  }
  for (const name of ["aria-label", "placeholder", "title", "alt", "data-label"]) {
    for (const element of document.body.querySelectorAll(`[${name}]`)) {
      if (own(element)) found.push(element.getAttribute(name));
    }
  }
  return found.map((text) => text.trim()).filter(Boolean);
}"""

NO_WORDS = re.compile(
    r"""
    \S+@\S+ | https?://\S+                        # addresses
    | \b[A-Z]+-\d[\d-]*\b | T\d{13}              # numbers of documents and of registrations
    | \b[0-9a-f]{8,}(?:-[0-9a-f]+)*…?             # hashes and ids
    | (?:[A-Z2-7]{4}\ ){7,}[A-Z2-7]{4}             # an authenticator's secret, in groups
    | （[ -~]+）                                  # what a program says, quoted
    | \S+\.(?:pdf|xml|csv|png|txt|jsonl?)(?![a-z]) # names of files
    """,
    re.VERBOSE,
)
NAMES = {
    "torihiki": "our name",
    "TEL": "stands so on Japanese papers",
    "English": "a language is called by its own name",
    "CSV": "used in Japanese too",
    "SCIM": "name of the standard",
    "POST": "a method's name",
    "oid": "a claim's name",
    "userName": "an attribute's name",
    "externalId": "an attribute's name",
    "PDF": "used in Japanese too",
    "XML": "used in Japanese too",
    "JSON": "used in Japanese too",
    "PINT": "name of the standard",
    "Peppol": "name of the network",
    "UBL": "name of the format",
    "OpenAPI": "name of the standard",
    "PIN": "used in Japanese too",
    "Shift": "Shift_JIS, name of the encoding",
    "JIS": "the same",
    "DTD": "name of what it is",
    "Caps": "name of a key",
    "Lock": "name of a key",
    "MiB": "unit",
    "SHA": "name of the algorithm",
    "JAN": "used in Japanese too",
    "JPY": "code of the currency",
    "Ctrl": "name of a key",
    "Enter": "name of a key",
    "Backspace": "name of a key",
    "Excel": "name of a program",
    "Chrome": "name of a browser",
    "Linux": "name of a system",
    "hidamari": "login id of the demo",
    "aoba": "login id of the demo",
    "minato": "login id of the demo",
    "sato": "login id of the demo",
    "API": "used in Japanese too",
    "Webhook": "used in Japanese too",
    "Webhooks": "name of the convention",
    "Standard": "name of the convention",
    "UTF": "name of an encoding",
    "SAML": "name of the standard",
    "OpenID": "name of the standard",
    "Connect": "name of the standard",
    "PKCE": "name of the standard",
    "URL": "used in Japanese too",
    "URI": "used in Japanese too",
    "HTTP": "name of the protocol",
    "https": "name of the protocol",
    "TLS": "name of the protocol",
    "DNS": "name of the protocol",
    "REST": "name of the style",
    "Issuer": "what providers' own pages call it",
    "Invoice": "name of an element of UBL",
    "Google": "name of a program",
    "Authenticator": "name of a program",
    "Password": "name of a program, after 1",
    "Aegis": "name of a program",
    "Entra": "name of a program",
    "Keycloak": "name of a program",
    "Cookie": "used in Japanese too",
    "Infomart": "name of a service",
    "foods": "part of an example address",
    "example": "part of an example address",
    "administrator": "part of login ids of the demo",
    "KiB": "unit",
    "suzuran": "login id of the demo",
    "kawachi": "login id of the demo",
    "sorano": "login id of the demo",
    "clerk": "part of login ids of the demo",
    "approver": "part of login ids of the demo",
    "viewer": "part of login ids of the demo",
}
WORD = re.compile(r"[A-Za-z]{3,}")


def axe_violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate(RUN_AXE, AXE_OPTIONS)
    return [_violation(each, node) for each in found["violations"] for node in each["nodes"][:3]]


def overflow(page: Page) -> list[str]:
    """What makes the page scroll sideways at its present width."""
    wider = page.evaluate(WIDER)
    return [f"scrolls sideways: {wider}"] if wider else []


def double_ids(page: Page) -> list[str]:
    return [f"id {each!r} stands twice" for each in page.evaluate(DOUBLE_IDS)]


def english_leftovers(page: Page) -> list[str]:
    """Latin words on a Japanese page that are neither a name nor what people typed."""
    found = []
    for text in page.evaluate(VISIBLE_WORDS):
        rest = NO_WORDS.sub(" ", text)
        if words := [word for word in WORD.findall(rest) if word not in NAMES]:
            found.append(f"English {words} in {text[:80]!r}")
    return list(dict.fromkeys(found))


def _violation(rule: dict[str, Any], node: dict[str, Any]) -> str:
    why = " ".join(str(node.get("failureSummary", "")).split())
    return f"axe {rule['id']}: {node['html'][:160]} — {why[:200]}"
