"""Scripts that run inside the platform's own environment, and print one line of JSON."""

SET_UP = """
import json, sys
from django.utils import timezone
from torihiki.exchange.access import access_own_party, access_partners
from torihiki.identity.access import access_tokens
from torihiki.identity.actions.companies import set_approval_kinds
from torihiki.identity.actions.tokens import create_token, revoke_token
from torihiki.project.demo.many import administrator
from torihiki.tenancy.actor import scope
import os

found = {}
for login in sys.argv[1:]:
    actor = administrator(os.environ["DATABASE_MIGRATION_URL"], login)
    with scope(actor):
        now = timezone.now()
        for token in access_tokens(actor).filter(revoked_at=None, name="bench"):
            revoke_token(actor, token.pk, at=now)
        set_approval_kinds(actor, [], at=now)
        scopes = ["*.read", "*.draft", "*.send", "*.respond"]
        _token, secret = create_token(actor, name="bench", scopes=scopes, at=now)
        partners = [
            {"party": str(p.party_id), "member": p.party.company_id is not None, "name": str(p)}
            for p in access_partners(actor)
        ]
        found[login] = {"token": secret, "company": str(actor.company), "partners": partners,
                        "party": str(access_own_party(actor).pk)}
print(json.dumps(found))
"""

PROFILE = """
import cProfile, io, json, os, pstats, sys, time
from uuid import uuid4
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.test import Client

spec = json.loads(sys.stdin.read() if len(sys.argv) < 2 else sys.argv[1])
client = Client(SERVER_NAME="localhost", headers={"authorization": "Bearer " + spec["token"], "accept-language": "ja"})
spent = {"database": 0.0, "statements": 0}

def timed(kind):
    former = getattr(CursorWrapper, kind)
    def run(self, *args, **options):
        begun = time.perf_counter()
        try:
            return former(self, *args, **options)
        finally:
            spent["database"] += time.perf_counter() - begun
            spent["statements"] += 1
    setattr(CursorWrapper, kind, run)

def once():
    last = None
    for method, path, body in spec["requests"]:
        path = "/api/v1" + path
        if method == "GET":
            answer = client.get(path, secure=True)
        else:
            text = json.dumps(body)
            if last:
                text = text.replace("@LAST@", last)
            headers = {"idempotency-key": uuid4().hex}
            answer = client.post(path, text, content_type="application/json", secure=True, headers=headers)
            last = answer.json().get("id", "")
        assert answer.status_code < 300, answer.content[:500]

for _ in range(5):
    once()
timed("execute"), timed("executemany")
spent.update(database=0.0, statements=0)
begun = time.perf_counter()
for _ in range(spec["times"]):
    once()
took = time.perf_counter() - begun
plain = dict(spent)
profile = cProfile.Profile()
profile.enable()
for _ in range(spec["times"]):
    once()
profile.disable()
stats = pstats.Stats(profile)
total = sum(row[2] for row in stats.stats.values())
rows = sorted(stats.stats.items(), key=lambda item: -item[1][2])[:10]
top = [
    {"where": f"{file.rpartition('site-packages/')[2].rpartition('/src/')[2]}:{name}",
     "share": round(row[2] / total, 3), "calls": row[1] // spec["times"]}
    for (file, _line, name), row in rows
]
print(json.dumps({
    "ms": round(took * 1000 / spec["times"], 2),
    "database_ms": round(plain["database"] * 1000 / spec["times"], 2),
    "statements": plain["statements"] // spec["times"],
    "top": top,
}))
"""
