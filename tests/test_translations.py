"""Every word that people read is translated: what the sources say, the catalogue has, and nothing else.

Run as a program it brings the catalogue to the sources' state: new messages come in empty, gone ones leave, nothing
else moves. Then fill in the empty ones and run the tests:

    PYTHONPATH=src python tests/test_translations.py
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import normalize, read_po
from django.template.base import Lexer, Token, TokenType
from django.utils.text import smart_split

SOURCE = Path(__file__).resolve().parents[1] / "src" / "torihiki"
CATALOGUE = SOURCE / "locale" / "ja" / "LC_MESSAGES" / "django.po"
EXTRACTED = (".py", ".html", ".txt")
EXTRACTION_SECONDS_MAX = 120

Key = tuple[str, str]  # context, msgid

# ---- the catalogue


def key_of(message: Message) -> Key:
    return message.context or "", msgids_of(message)[0]


def strings_of(message: Message) -> list[str]:
    return (
        [text or "" for text in message.string] if isinstance(message.string, list | tuple) else [message.string or ""]
    )


def msgids_of(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, list | tuple) else [message.id]


def read(file: Path) -> Catalog:
    with file.open("rb") as source:
        return read_po(source, locale="ja", abort_invalid=True)


def messages_of(catalogue: Catalog) -> dict[Key, Message]:
    return {key_of(message): message for message in catalogue if message.id}


def extract(folder: Path) -> dict[Key, Message]:
    """What Django's makemessages finds in a copy of the sources: it writes beside what it reads."""
    copy = folder / "torihiki"
    for file in SOURCE.rglob("*"):
        parts = file.relative_to(SOURCE).parts
        if file.suffix in EXTRACTED and not {"tests", "locale", "__pycache__"} & set(parts):
            (copy / Path(*parts)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy / Path(*parts))
    made_po = copy / CATALOGUE.relative_to(SOURCE)
    made_po.parent.mkdir(parents=True)
    made_po.write_text(heading())  # for the number of plurals
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    made = subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale=ja", "--no-location"],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=EXTRACTION_SECONDS_MAX,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return messages_of(read(made_po))


def heading() -> str:
    """The glossary and the header, up to the first message."""
    return CATALOGUE.read_text().partition("\n\n")[0] + "\n"


def written(messages: dict[Key, Message]) -> str:
    """The catalogue as text: sorted, without places and dates, so that it changes only where words do."""
    entries = [heading().strip()]
    for context, msgid in sorted(messages, key=lambda key: (key[1].casefold(), key[1], key[0])):
        message = messages[context, msgid]
        lines = ["#, python-format"] if "%(" in msgid else ["#, python-brace-format"] if "{" in msgid else []
        lines += [f"msgctxt {normalize(context, width=0)}"] if context else []
        lines += [f"msgid {normalize(msgid, width=0)}"]
        if len(msgids_of(message)) > 1:
            lines += [f"msgid_plural {normalize(msgids_of(message)[1], width=0)}"]
            lines += [f"msgstr[0] {normalize(strings_of(message)[0], width=0)}"]
        else:
            lines += [f"msgstr {normalize(strings_of(message)[0], width=0)}"]
        entries.append("\n".join(lines))
    return "\n\n".join(entries) + "\n"


def update() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = extract(Path(folder))
    known = messages_of(read(CATALOGUE))
    kept = {key: known.get(key) or Message(m.id, "" if isinstance(m.id, str) else [""]) for key, m in found.items()}
    CATALOGUE.write_text(written(kept))
    print(f"{len(kept)} messages, {len(known.keys() - found.keys())} gone; to translate:")
    for context, msgid in sorted(key for key, message in kept.items() if not all(strings_of(message))):
        print(f"  {f'({context}) ' if context else ''}{msgid}")


@pytest.fixture(scope="module")
def catalogue() -> dict[Key, Message]:
    return messages_of(read(CATALOGUE))


@pytest.mark.skipif(not shutil.which("xgettext"), reason="GNU gettext is not installed; bin/test installs it")
def test_the_catalogue_has_what_the_sources_say_and_nothing_else(catalogue: dict[Key, Message], tmp_path: Path) -> None:
    found = extract(tmp_path)
    how = "run: PYTHONPATH=src python tests/test_translations.py, then translate what it lists"
    assert not found.keys() - catalogue.keys(), f"not in the catalogue; {how}"
    assert not catalogue.keys() - found.keys(), f"in the catalogue, but no longer in the sources; {how}"


def test_the_catalogue_reads_the_same_when_it_is_written_again(catalogue: dict[Key, Message]) -> None:
    assert written(catalogue) == CATALOGUE.read_text(), "not as the program writes it"


SAID_OTHERWISE = {
    ("sheet", "To"): "御中 after the addressee's name says it; exchange/render/words.py has the empty word",
}


def test_every_message_is_translated(catalogue: dict[Key, Message]) -> None:
    assert {key for key, message in catalogue.items() if not all(strings_of(message))} == SAID_OTHERWISE.keys()
    assert not [key for key, message in catalogue.items() if message.fuzzy]


PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]*\d*(?:\.\d+)?[sdfrXx]|%%|\{\w*\}")


def test_placeholders_agree(catalogue: dict[Key, Message]) -> None:
    """The one Japanese form must do for one and for many: it has the placeholders of the plural."""
    for key, message in catalogue.items():
        expected = sorted(PLACEHOLDER.findall(msgids_of(message)[-1]))
        for text in strings_of(message):
            assert sorted(PLACEHOLDER.findall(text)) == expected, key


def test_lines_and_edges_agree(catalogue: dict[Key, Message]) -> None:
    """Mails keep their paragraphs; no stray space or line break at either end."""
    for (_context, msgid), message in catalogue.items():
        for text in filter(None, strings_of(message)):
            assert text.count("\n") == msgid.count("\n"), msgid
            assert text == text.strip(), msgid


SENTENCE = re.compile(r"[A-Za-z][a-z']+(?:[ ,]+[A-Za-z][a-z']+){2,}")
JAPANESE = re.compile(r"[\u3001-\u30ff\u4e00-\u9fff\uff01-\uff60]")
LATIN_ONLY = {
    ("sheet", "#"): "“No.” heads the numbers of lines on Japanese papers too",
    ("sheet", "Tel."): "“TEL” is what Japanese papers print",
    ("sheet", "Page {page} of {pages}"): "“1 / 3” needs no word",
    ("", "10%"): "a figure",
    ("", "JP PINT XML"): "the name of a format",
    ("", "OpenID Connect"): "the name of a protocol",
    ("", "SAML 2.0"): "the name of a protocol",
}


def test_nothing_stays_english(catalogue: dict[Key, Message]) -> None:
    for key, message in catalogue.items():
        for text in strings_of(message):
            assert not SENTENCE.search(text), f"English words: {text}"
            assert JAPANESE.search(text) or key in LATIN_ONLY or key in SAID_OTHERWISE, f"no Japanese: {text}"


def test_the_allowance_for_latin_only_is_used_up(catalogue: dict[Key, Message]) -> None:
    assert not [key for key in LATIN_ONLY if key not in catalogue or JAPANESE.search(strings_of(catalogue[key])[0])]


def test_the_papers_words_are_those_built_in(catalogue: dict[Key, Message]) -> None:
    """Papers are worded by the table in a checkout without compiled catalogues: both must say the same."""
    from torihiki.exchange.render.words import JAPANESE, _worded

    placed: dict[str, Key] = vars(_worded(lambda context, text: (context, text)))  # type: ignore[arg-type, return-value]
    for name, key in placed.items():
        if key in catalogue:
            assert strings_of(catalogue[key]) == [getattr(JAPANESE, name)], name


def test_it_compiles() -> None:
    compiled = BytesIO()
    write_mo(compiled, read(CATALOGUE))
    assert compiled.tell() > 10_000


# ---- templates

SPOKEN_ATTRIBUTES = {"title", "alt", "placeholder", "aria-label", "label"}
SILENT_ELEMENTS = {"script", "style"}
SILENT_BLOCKS = {"block page_class"}  # its words are CSS classes
SPOKEN_OPTIONS = {"title", "text", "label", "action", "help", "summary", "add"}
SPOKEN_POSITIONS = {"badge": 1, "empty": 1, "more": 1, "dialog": 2, "copy": 2}
LITERALS = {
    "torihiki": "the product's name",
    "| torihiki": "the product's name, after a page's title",
    "日本語": "a language is called by its own name",
    "English": "a language is called by its own name",
    "ja": "a language's code",
    "Ctrl": "a key",
    "Enter": "a key",
    "Backspace": "a key",
    "CSV": "a format's name",
    "userName": "an attribute of SCIM",
    "userName:": "an attribute of SCIM",
    "JSON": "a format's name",
    "OpenAPI 3.1 (JSON)": "a format's name",
    "Authorization: Bearer tk_…": "a header, as programs send it",
    "Idempotency-Key: …": "a header, as programs send it",
    'If-Match: "…"': "a header, as programs send it",
    "code": "a member of the answer, as programs read it",
}
BOTH_LANGUAGES = {"500.html", "503.html", "outage.html"}
"""Shown when the catalogue may be out of reach: both languages stand on them."""
TEMPLATES = sorted(
    file for file in SOURCE.rglob("templates/**/*") if file.suffix in (".html", ".txt") and file.is_file()
)


class Speech(HTMLParser):
    """Collects what a reader would see or hear of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT_ELEMENTS
        self.said += [value for name, value in attributes if name in SPOKEN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT_ELEMENTS

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)


def untranslated(template: str) -> Iterator[str]:
    """Literal words outside translate tags: in text, in attributes, in arguments of tags and of `default`."""
    kept, inside = [], ""
    for token in Lexer(template).tokenize():
        if inside:
            inside = "" if token.contents.split()[:1] == [inside] and token.token_type is TokenType.BLOCK else inside
        elif token.token_type is TokenType.TEXT:
            kept.append(token.contents)
        elif token.token_type is TokenType.BLOCK:
            kept.append("\x00")
            name = token.contents.split()[0]
            silent = name in ("blocktranslate", "blocktrans", "comment") or token.contents in SILENT_BLOCKS
            inside = f"end{name}" if silent else ""
            yield from _said_by_tag(token)
        elif token.token_type is TokenType.VAR:
            kept.append("\x00")
            yield from re.findall(r"default(?:_if_none)?:[\"']([^\"']*)[\"']", token.contents)
    speech = Speech()
    speech.feed("".join(kept))
    speech.close()
    yield from (part for said in speech.said for part in re.split(r"[\x00\n]", said))


def _said_by_tag(token: Token) -> Iterator[str]:
    name, *bits = list(smart_split(token.contents))
    for position, bit in enumerate(bits, start=1):
        option, given, value = bit.partition("=") if re.match(r"\w+=", bit) else ("", "", bit)
        spoken = option in SPOKEN_OPTIONS if given else SPOKEN_POSITIONS.get(name) == position
        if spoken and name not in ("include", "with", "blocktranslate", "url") and value[:1] in "\"'":
            yield value.strip("\"'")


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_templates_say_nothing_that_is_not_translated(file: Path) -> None:
    if file.name in BOTH_LANGUAGES:
        assert 'lang="ja"' in file.read_text() or "block ja" in file.read_text()
        return
    words = [text.strip() for text in untranslated(file.read_text())]
    left = [text for text in words if re.search(r"[^\W\d_]", text) and text not in LITERALS]
    assert not left, "put it into {% translate %} (or, with a reason, into LITERALS)"


def test_literal_words_in_templates_are_found() -> None:
    found = list(
        untranslated(
            '{% load i18n %}<p title="Seen">Read {% translate "fine" %} here</p>{% badge "New" %}{{ x|default:"none" }}'
            '{% card title="Head" %}{% card title=_("fine") %}{% blocktranslate %}fine{% endblocktranslate %}'
            '<option value="unseen"{% if x %} selected{% endif %}>'
        )
    )
    assert [text.strip() for text in found if text.strip()] == ["New", "none", "Head", "Seen", "Read", "here"]


# ---- Python

SPOKEN_ARGUMENTS: dict[str, tuple[int, ...]] = {
    "ValidationError": (0,),
    "Label": (0, 1),
    "State": (1,),
    "Step": (1, 2),
    "Source": (4,),
    "Export": (1,),
    "Entry": (3,),
    "Fact": (0,),
    "Sum": (0,),
    "Box": (1, 2, 3),
    "Problem": (0,),
    "CharacterClass": (0,),
    "Tab": (0,),
}
SPOKEN_KEYWORDS = {"label", "plural", "help", "help_text", "verbose_name", "empty_label", "question", "verb"}
MESSAGE_LEVELS = {"debug", "info", "success", "warning", "error"}
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy", "npgettext"}
PLAIN = {
    "SHA-256": "a name in every language",
}
ENGLISH_ONLY = {
    "project/local": "what bin/up and its mail sink say to whoever runs them on a terminal",
    "project/cli.py": "commands on a terminal",
    "project/demo": "Japanese people and companies that the demo invents",
    "identity/sso/scim": "what a provider's log reads",
    "identity/sso/pages/scim.py": "what a provider's log reads",
    "identity/sso/actions/provisioning.py": "what a provider's log reads",
    "web/templatetags": "its docstring shows how the components are used",
}
MODULES = sorted(
    file
    for file in SOURCE.rglob("*.py")
    if "tests" not in file.parts
    and "migrations" not in file.parts
    and "management" not in file.parts  # commands on a terminal
    and not str(file.relative_to(SOURCE)).startswith(tuple(ENGLISH_ONLY))
)


def refusals() -> set[str]:
    """The names of all classes that come from Refused, through however many others."""
    bases: dict[str, set[str]] = {}
    for file in MODULES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {_name(base) for base in node.bases}
    found = {"Refused"}
    while more := {name for name, from_ in bases.items() if from_ & found} - found:
        found |= more
    return found


def unwrapped(tree: ast.Module, refused: set[str]) -> Iterator[tuple[int, str]]:
    """Plain words where people will read them, by line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for given in _spoken(node, refused):
                if (words := _plain(given)) and words not in PLAIN:
                    yield given.lineno, words
            if _name(node.func) in GETTEXT and node.args and not isinstance(node.args[0], ast.Constant):
                yield node.lineno, "a message that is not a literal cannot be extracted"
        elif isinstance(node, ast.ClassDef):
            yield from _of_class(node, refused)


def _spoken(call: ast.Call, refused: set[str]) -> Iterator[ast.expr]:
    name = _name(call.func)
    yield from (keyword.value for keyword in call.keywords if keyword.arg in SPOKEN_KEYWORDS)
    if isinstance(call.func, ast.Attribute) and _name(call.func.value) == "messages" and name in MESSAGE_LEVELS:
        yield from call.args[1:2]
    elif name in refused:
        yield from call.args[:1]
    else:
        yield from (call.args[position] for position in SPOKEN_ARGUMENTS.get(name, ()) if position < len(call.args))


def _of_class(node: ast.ClassDef, refused: set[str]) -> Iterator[tuple[int, str]]:
    """Choices and events (`NAME = code, words`), and what a refusal hands up."""
    named = {_name(base) for base in node.bases}
    for part in ast.walk(node):
        if isinstance(part, ast.Assign) and named & {"Event", "TextChoices", "IntegerChoices"}:
            if not isinstance(part.value, ast.Tuple):
                yield part.lineno, f"{ast.unparse(part.targets[0])} has no words"
            elif words := _plain(part.value.elts[1]):
                yield part.lineno, words
        is_init = isinstance(part, ast.Call) and ast.unparse(part.func) == "super().__init__"
        if is_init and node.name in refused and part.args and (words := _plain(part.args[0])):  # type: ignore[attr-defined]
            yield part.lineno, words  # type: ignore[attr-defined]


def _plain(node: ast.expr) -> str:
    """The words of a literal that is not wrapped; of an f-string, of a sum and of a formatted literal too."""
    if isinstance(node, ast.Constant):
        text = node.value if isinstance(node.value, str) else ""
    elif isinstance(node, ast.JoinedStr):
        text = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    elif isinstance(node, ast.BinOp):
        text = _plain(node.left)
    else:
        text = ""
    return text if re.search(r"[^\W\d_]", text) else ""


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_python_says_nothing_that_is_not_translated() -> None:
    refused = refusals()
    found = [
        f"{file.relative_to(SOURCE)}:{line}: {words}"
        for file in MODULES
        for line, words in unwrapped(ast.parse(file.read_text()), refused)
    ]
    assert not found, "wrap it in gettext (or, with a reason, put it into PLAIN)"


def test_messages_in_python_are_in_the_catalogue(catalogue: dict[Key, Message]) -> None:
    """makemessages overlooks some places, such as the braces of an f-string."""
    said = {
        str(node.args[0].value): file.relative_to(SOURCE)
        for file in MODULES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and _name(node.func) in GETTEXT - {"pgettext", "pgettext_lazy", "npgettext"}
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    assert not {f"{file}: {msgid}" for msgid, file in said.items() if ("", msgid) not in catalogue}


def test_plain_words_in_python_are_found() -> None:
    tree = ast.parse(
        "messages.success(request, 'said')\n"
        "raise NotPossible(f'refused {x}')\n"
        "Label(_('fine'), help='helped')\n"
        "State('sent', 'stated')\n"
        "class E(Event):\n    SENT = 'document.sent', 'happened'\n"
        "class NotPossible(Refused):\n    def __init__(self):\n        super().__init__('handed up')\n"
        "gettext(variable)\n"
    )
    found = [words for _line, words in unwrapped(tree, {"Refused", "NotPossible"})]
    assert set(found) == {
        "said",
        "refused ",
        "helped",
        "stated",
        "happened",
        "handed up",
        "a message that is not a literal cannot be extracted",
    }


if __name__ == "__main__":
    update()
