"""Real identity providers for tests: other people's implementations of the protocols, as processes on loopback."""
