"""The only way to write: each action takes its actor first, is one transaction and leaves one ledger entry."""
