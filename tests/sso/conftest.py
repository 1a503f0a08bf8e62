"""One key pair of ours for all SAML connections of a test run: to make one takes longer than a test."""

import pytest


@pytest.fixture(scope="session")
def pair():
    from django.utils import timezone

    from torihiki.crypto.xml_signature import make_key_pair

    return make_key_pair("torihiki", now=timezone.now())


@pytest.fixture(autouse=True)
def _one_pair(pair, monkeypatch):
    from torihiki.identity.sso.pages import connections as pages  # not before the models

    monkeypatch.setattr(pages, "make_key_pair", lambda name, now: pair)
