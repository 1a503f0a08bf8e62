"""What a company decides about how its members sign in (clauses 2-5 and 2-6): declared once; form, history, audit
difference and enforcement derive from it."""

from torihiki.identity.policies.declared import (
    POLICIES,
    LockoutPolicy,
    NetworkPolicy,
    Option,
    PasskeyPolicy,
    PasswordPolicy,
    Policy,
    SessionPolicy,
    TwoStepPolicy,
)
from torihiki.identity.policies.stored import Rules, rules_of, rules_of_account

__all__ = [
    "POLICIES",
    "LockoutPolicy",
    "NetworkPolicy",
    "Option",
    "PasskeyPolicy",
    "PasswordPolicy",
    "Policy",
    "Rules",
    "SessionPolicy",
    "TwoStepPolicy",
    "rules_of",
    "rules_of_account",
]
