"""JP PINT 1.1.3 (UBL 2.1): one table of elements and fields, read and written by the same few lines."""
