"""The platform on one machine: a private PostgreSQL, the processes, a mail sink, and `up`."""
