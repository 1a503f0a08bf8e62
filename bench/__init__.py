"""Benchmarks over the API against running processes, each beside its limit on the same machine in the same run."""
