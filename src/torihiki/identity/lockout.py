"""Counting tries at a secret (clause 2-5-3): in the database and before the secret is checked, so that of any number
of tries at once no more are verified than the policy allows, whichever door and process they come through."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection

from torihiki.identity.policies import LockoutPolicy


class Secret(StrEnum):
    """What is guessed at; each has its own count."""

    PASSWORD = "password"  # noqa: S105 - a word
    CODE = "code"  # of the second step


def count_try(subject: UUID, secret: Secret, policy: LockoutPolicy, *, at: datetime) -> bool:
    """Count one try; whether it may be verified. `subject` is an account, or stands for an unknown login id."""
    if not policy.on:
        return True
    window, duration = timedelta(minutes=policy.window_minutes), timedelta(minutes=policy.duration_minutes)
    with connection.cursor() as cursor:
        values: list[Any] = [subject, secret.value, at, policy.failures_max, window, duration]
        cursor.execute("SELECT identity_try_count(%s, %s, %s, %s, %s, %s)", values)
        return bool(cursor.fetchone()[0])


def count_failure(subject: UUID, secret: Secret, policy: LockoutPolicy, *, at: datetime) -> bool:
    """The counted try was wrong; whether it was the one that locks."""
    if not policy.on:
        return False
    with connection.cursor() as cursor:
        values: list[Any] = [subject, secret.value, at, policy.failures_max, timedelta(minutes=policy.window_minutes)]
        cursor.execute("SELECT identity_try_failed(%s, %s, %s, %s, %s)", values)
        return bool(cursor.fetchone()[0])


def forget_tries(subject: UUID, secret: Secret) -> None:
    """The counted try was right."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_try_right(%s, %s)", [subject, secret.value])


def unlock(member_id: UUID) -> bool:
    """Forget all tries at a member of the acting company; whether there were any."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_unlock(%s)", [member_id])
        return bool(cursor.fetchone()[0])
