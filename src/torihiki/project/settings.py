"""Settings of every process. What differs between machines comes from the environment; `bin/up` sets it on one machine.

`TORIHIKI_DATABASE_ROLE` picks which of the four database roles a process serves as. Each role has its own URL.
"""

import os
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from torihiki.outbound.addresses import read_networks
from torihiki.project.environment import database, secret
from torihiki.project.planes import plane_named

PLANE = os.environ.get("TORIHIKI_PLANE", "public")
_plane = plane_named(PLANE)
HOME = Path(os.environ.get("TORIHIKI_HOME", "var")).resolve()
PUBLIC_URL = os.environ.get("TORIHIKI_PUBLIC_URL", "https://localhost:8443")
CONSOLE_URL = os.environ.get("TORIHIKI_CONSOLE_URL", "https://localhost:9443")

SERVICES = [
    "torihiki.services.quotes",
    "torihiki.services.ordering",
    "torihiki.services.invoices",
    "torihiki.services.payments",
    "torihiki.services.trade",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "procrastinate.contrib.django",
    "torihiki.tenancy",
    "torihiki.web",
    "torihiki.api",
    "torihiki.ledger",
    "torihiki.identity",
    "torihiki.identity.sso",
    "torihiki.announcements",
    "torihiki.exchange",
    *SERVICES,
    "torihiki.operations",
    "torihiki.project",
]

SECRET_KEY = secret("TORIHIKI_SECRET_KEY", HOME / "keys" / _plane.signing_key)
ROOT_KEY_FILE = Path(os.environ.get("TORIHIKI_ROOT_KEY_FILE", HOME / "keys" / "root.key"))
DEBUG = False
ALLOWED_HOSTS = os.environ.get("TORIHIKI_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
TRUSTED_PROXIES = [each for each in os.environ.get("TORIHIKI_TRUSTED_PROXIES", "").split(",") if each]
"""CIDR ranges of our own reverse proxies, whose X-Forwarded-For is believed; by default nobody's is."""
CSRF_TRUSTED_ORIGINS = [CONSOLE_URL if PLANE == "console" else PUBLIC_URL]

DATABASES = {"default": database(os.environ.get("TORIHIKI_DATABASE_ROLE", "application"))}
SYSTEM_DATABASE_URL = os.environ.get("DATABASE_SYSTEM_URL", "")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = _plane.middleware()
ROOT_URLCONF = _plane.urls
WSGI_APPLICATION = "torihiki.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "torihiki.web.layout.page_frame",
            ],
            "builtins": ["torihiki.web.templatetags.components"],
        },
    }
]
MESSAGE_STORAGE = _plane.messages

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("Japanese")), ("en", _("English"))]
LOCALE_PATHS = [Path(__file__).resolve().parents[1] / "locale"]
USE_I18N = True
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

AUTH_USER_MODEL = "identity.Account"
SILENCED_SYSTEM_CHECKS = ["auth.E003"]  # the login id is unique in any case by an index on its lower form
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
SESSION_COOKIE_NAME = f"{_plane.cookies}session"
CSRF_COOKIE_NAME = f"{_plane.cookies}csrf"
LANGUAGE_COOKIE_NAME = f"{_plane.cookies}language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_SSL_REDIRECT = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = _plane.frames
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "frame-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
        "manifest-src": ["'self'"],
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 * 2**20

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = os.environ.get("TORIHIKI_SMTP_HOST", "127.0.0.1")
EMAIL_PORT = int(os.environ.get("TORIHIKI_SMTP_PORT", "8025"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("TORIHIKI_MAIL_FROM", "torihiki <no-reply@torihiki.example>")

# Whom torihiki itself may ask (webhooks): public addresses on these ports, and networks that the operator names.
OUTBOUND_PORTS = [int(port) for port in os.environ.get("TORIHIKI_WEBHOOK_PORTS", "443,8443").split(",")]
OUTBOUND_NETWORKS = read_networks(os.environ.get("TORIHIKI_WEBHOOK_NETWORKS", ""))
OUTBOUND_CA_FILE = Path(name) if (name := os.environ.get("TORIHIKI_WEBHOOK_CA_FILE")) else None

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_ON_APP_READY = None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
