"""Why nothing came of asking a server, by name; in words for the administrator who reads them."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Failure(StrEnum):
    # of the address, told before anything is asked
    MALFORMED_URL = "malformed_url"
    NOT_HTTPS = "not_https"
    CREDENTIALS = "credentials_in_url"
    PORT = "port_not_allowed"
    HOST = "host_not_allowed"
    # of the network
    UNRESOLVED = "unresolved"
    PRIVATE = "private_address"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    TLS = "tls"
    TIMEOUT = "timeout"
    CLOSED = "closed"
    TOO_LARGE = "answer_too_large"
    NOT_HTTP = "not_http"


FAILURES: dict[str, str | Promise] = {
    Failure.MALFORMED_URL: _("This is no web address. Write it as https://example.com/path, without spaces."),
    Failure.NOT_HTTPS: _("The address must begin with https://."),
    Failure.CREDENTIALS: _("The address must not contain a user name or password."),
    Failure.PORT: _("This port is not allowed. Use the usual one for https, or ask the operator of torihiki."),
    Failure.HOST: _("This host cannot be used. Write its name, such as hooks.example.com."),
    Failure.UNRESOLVED: _("The host’s name is not known to the DNS."),
    Failure.PRIVATE: _(
        "The host’s name leads to an address inside a private network, which is never asked. Use a public address."
    ),
    Failure.UNREACHABLE: _("The host could not be reached."),
    Failure.CERTIFICATE: _("The host’s certificate is not valid: another name, too old, or an unknown issuer."),
    Failure.TLS: _("No TLS connection came about. TLS 1.2 or 1.3 with AES-GCM is needed."),
    Failure.TIMEOUT: _("There was no complete answer in time."),
    Failure.CLOSED: _("The host closed the connection before it had answered."),
    Failure.TOO_LARGE: _("The head of the answer is too large."),
    Failure.NOT_HTTP: _("The answer is no HTTP."),
}


class OutboundFailed(Exception):
    """Nothing came of it; `failure` says why. `seconds` is how long it took."""

    def __init__(self, failure: Failure, seconds: float = 0.0) -> None:
        super().__init__(failure.value)
        self.failure = failure
        self.seconds = seconds

    @property
    def message(self) -> str | Promise:
        return FAILURES[self.failure]
