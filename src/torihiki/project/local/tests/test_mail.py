"""The mail sink as a person and a test see it: what was sent is listed, shown as text, kept, bounded and deletable."""

import http.client
import json
import threading
from email.message import EmailMessage
from http.server import ThreadingHTTPServer

import pytest

from torihiki.project.local.mail import sink, store


@pytest.fixture
def mails(tmp_path):
    return store.Store(tmp_path / "mail")


@pytest.fixture
def ask(mails):
    """`ask(method, path, **headers)` → status, headers, body."""
    with ThreadingHTTPServer(("127.0.0.1", 0), sink.handler_for(mails)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def ask(method, path, **headers):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()

        yield ask
        server.shutdown()


def message(subject="見積書", text="Open https://localhost:8443/d/1?a=1&b=2 now"):
    it = EmailMessage()
    it["Subject"], it["From"], it["To"] = subject, "a@example.com", "b@example.com"
    it.set_content(text)
    it.add_alternative('<p><a href="https://localhost:8443/d/1">Open</a><script>alert(1)</script></p>', subtype="html")
    it.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="見積書.pdf")
    return it.as_bytes()


def test_a_mail_is_listed_shown_as_text_and_its_attachment_saved(mails, ask):
    mails.add(message())
    mails.add(message(subject="<b>second</b>"))
    status, headers, page = ask("GET", "/")
    assert status == 200
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert page.index("&lt;b&gt;second&lt;/b&gt;") < page.index("見積書")

    newest, first = json.loads(ask("GET", "/messages.json")[2])
    assert (first["subject"], newest["subject"]) == ("見積書", "<b>second</b>")
    assert first["links"] == ["https://localhost:8443/d/1?a=1&b=2"]

    page = ask("GET", f"/mails/{first['id']}")[2]
    assert '<a href="https://localhost:8443/d/1?a=1&amp;b=2"' in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page

    status, headers, content = ask("GET", f"/mails/{first['id']}/0/x.pdf")
    assert content == "%PDF-1.7"
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "path", ["/mails/1", "/mails/../x", "/mails/00000000000000000001", "/nothing", "/mails/%2e%2e%2fkeys"]
)
def test_what_is_not_there_is_not_found(ask, path):
    assert ask("GET", path)[0] == 404


def test_an_attachment_that_is_not_there_is_not_found(mails, ask):
    mails.add(message())
    (mail,) = json.loads(ask("GET", "/messages.json")[2])
    for number in ("1", "-1", "%B2", "x"):
        assert ask("GET", f"/mails/{mail['id']}/{number}")[0] == 404


def test_only_its_own_page_deletes(mails, ask):
    mails.add(message())
    assert ask("POST", "/delete", Origin="https://elsewhere.example")[0] == 403
    assert len(list(mails.newest_first())) == 1
    assert ask("POST", "/delete")[0] == 303
    assert list(mails.newest_first()) == []


def test_a_foreign_name_for_this_machine_is_refused(ask):
    assert ask("GET", "/messages.json", Host="elsewhere.example:8026")[0] == 421


def test_the_oldest_go_first(mails, monkeypatch):
    monkeypatch.setattr(store, "MAILS_MAX", 2)
    for subject in ("1", "2", "3"):
        mails.add(message(subject))
    assert [mail.header("subject") for mail in mails.newest_first()] == ["3", "2"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: =?x-none?B?!!!?=\nContent-Type: text/plain; charset=x-none\n\n\xe3\x81",
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\n",
        b'To: <<<>>>,,;\nFrom: "\n\n',
    ],
)
def test_a_broken_mail_does_not_break_the_list(mails, ask, content):
    mails.add(content)
    (mail,) = json.loads(ask("GET", "/messages.json")[2])
    assert ask("GET", "/")[0] == 200
    assert ask("GET", f"/mails/{mail['id']}")[0] == 200
