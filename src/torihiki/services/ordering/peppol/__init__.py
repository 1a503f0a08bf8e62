"""Peppol BIS 3 (UBL 2.1): Order (T01), Order Response (T76) and Despatch Advice (T16), read and written by tables."""
