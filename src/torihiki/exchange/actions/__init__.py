"""Everything that is done to a document: each verb is one transaction and leaves one ledger entry."""
