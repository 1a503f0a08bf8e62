"""What the staff does: each action takes its actor first, is one transaction and leaves one entry in the operator's
ledger."""
