"""TLS: the certificate of a platform on one machine (ECDSA P-256 for localhost, self-signed, renewed before it ends),
and how torihiki itself asks other servers."""

import ipaddress
import os
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAMES = ("localhost",)
ADDRESSES = ("127.0.0.1", "::1")
VALID = timedelta(days=365)
RENEW_BEFORE = timedelta(days=30)
CLOCK_SKEW = timedelta(hours=1)
CIPHERS = "ECDHE+AESGCM"  # of TLS 1.2; those of TLS 1.3 are all AEAD


@dataclass(frozen=True)
class TlsFiles:
    certificate: Path
    key: Path  # PKCS#8, PEM, mode 0600


def localhost_certificate(folder: Path, *, now: datetime) -> TlsFiles:
    """The files in `folder`, made anew when there are none, they cannot be read or less than RENEW_BEFORE remains.

    `now` is aware. A certificate from elsewhere that was put there is kept as long as it is valid.
    """
    files = TlsFiles(folder / "localhost.crt", folder / "localhost.key")
    if not _is_valid(files, now):
        _make(files, now)
    return files


def client_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """To ask other servers: TLS 1.2 with AES-GCM or 1.3, the certificate verified for the name, against the system's
    authorities and those of `ca_file` (PEM). Raises OSError where that file cannot be read."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def _is_valid(files: TlsFiles, now: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    return (
        files.key.exists() and certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEW_BEFORE
    )


def _make(files: TlsFiles, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "torihiki on this machine")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + VALID)
        .add_extension(_alternative_names(), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    # The key first: a certificate without its key would pass for valid at no time.
    files.certificate.unlink(missing_ok=True)
    _write(files.key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), mode=0o600)
    _write(files.certificate, certificate.public_bytes(Encoding.PEM), mode=0o644)


def _alternative_names() -> x509.SubjectAlternativeName:
    names = [x509.DNSName(name) for name in NAMES]
    return x509.SubjectAlternativeName([*names, *(x509.IPAddress(ipaddress.ip_address(each)) for each in ADDRESSES)])


def _write(file: Path, data: bytes, *, mode: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(data)
    unfinished.replace(file)


def certificate_end(file: Path) -> datetime | None:
    """When the certificate in `file` (PEM) ends; None where there is none or it cannot be read."""
    try:
        return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None
