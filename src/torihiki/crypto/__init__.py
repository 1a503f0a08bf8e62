"""The only package that names an algorithm; what it offers stands on the CRYPTREC list (LS-0001-2022R2, clause 2-2-1)."""
