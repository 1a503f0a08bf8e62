"""Partners: the companies that one trades with, how they came to be, and what was agreed with each."""
