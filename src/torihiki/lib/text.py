"""Text that every carrier of a document can take."""

import re

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""Characters that XML, PDF, PostgreSQL or UTF-8 cannot carry."""
