"""Webhooks: a company's own systems are told what happens to its documents, by the Standard Webhooks convention."""
