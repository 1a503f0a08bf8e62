"""The certificate of one machine: right names, private key, renewed in time."""

import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from torihiki.crypto import tls

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def test_a_certificate_is_kept_until_its_last_month(tmp_path):
    files = tls.localhost_certificate(tmp_path, now=NOW)
    first = files.certificate.read_bytes()
    names = x509.load_pem_x509_certificate(first).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600

    tls.localhost_certificate(tmp_path, now=NOW + timedelta(days=334))
    assert files.certificate.read_bytes() == first
    tls.localhost_certificate(tmp_path, now=NOW + timedelta(days=336))
    assert files.certificate.read_bytes() != first


@pytest.mark.parametrize("lost", ["certificate", "key"])
def test_a_lost_half_of_a_certificate_makes_a_new_pair(tmp_path, lost):
    files = tls.localhost_certificate(tmp_path, now=NOW)
    first = files.certificate.read_bytes()
    getattr(files, lost).unlink()
    assert tls.localhost_certificate(tmp_path, now=NOW).certificate.read_bytes() != first
