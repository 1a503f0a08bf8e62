"""The only package that names an algorithm; what it offers stands on the CRYPTREC list (clause 2-2-1)."""
