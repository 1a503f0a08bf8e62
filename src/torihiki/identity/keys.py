"""Keys that hang on the root key: each company's own, and the secrets of links that are sent by mail."""

from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings

from torihiki.crypto.digest import derived_token, token_hash
from torihiki.crypto.envelope import decrypt, encrypt, new_key, root_key
from torihiki.identity.models import CompanyKey


def make_company_key(company_id: UUID) -> None:
    """Give a new company its key: wrapped by the root key and bound to the company's id. In the company's scope."""
    wrapped = encrypt(root_key(settings.ROOT_KEY_FILE), new_key(), bound_to=company_id.bytes)
    CompanyKey.objects.create(company_id=company_id, wrapped=wrapped)


def company_key(company_id: UUID) -> bytes:
    """The own company's key, opened. Raises CompanyKey.DoesNotExist in another's scope, or when it was destroyed."""
    return open_company_key(company_id, CompanyKey.objects.get(company_id=company_id).wrapped)


def open_company_key(company_id: UUID, wrapped: bytes | memoryview) -> bytes:
    """Raises DecryptionFailed when `wrapped` is another company's or under another root key."""
    return decrypt(root_key(settings.ROOT_KEY_FILE), bytes(wrapped), bound_to=company_id.bytes)


def link_token(purpose: str, subject_id: UUID, expires_at: datetime) -> str:
    """The secret of a mailed link, derived from the root key: neither a job nor a row has it, a retried mail says the
    same, and a link that is sent anew (with a later end) is another one."""
    return derived_token(root_key(settings.ROOT_KEY_FILE), f"{purpose}\n{subject_id}\n{expires_at.astimezone(UTC)}")


def link_hash(purpose: str, subject_id: UUID, expires_at: datetime) -> bytes:
    """What a row keeps of its link's secret."""
    return token_hash(link_token(purpose, subject_id, expires_at))
