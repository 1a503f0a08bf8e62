"""How a stage says that the person has something to do first."""


class Asks(Exception):
    """A stage needs something of the person first, at its page."""
