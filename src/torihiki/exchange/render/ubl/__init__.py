"""UBL 2.1 in and out: a service's table of elements and fields, read and written by the same few lines.

A service states its table (`nodes`), its body and its rules; `engine` reads and writes by the table and keeps what the
table does not know word for word, `parties` knows companies, `units` codes, `same` whether anything was lost."""
