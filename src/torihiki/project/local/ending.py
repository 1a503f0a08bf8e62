"""Ctrl-C and SIGTERM as one flag that every wait looks at: the first ends the platform, further ones change nothing."""

import signal
import threading
from types import FrameType, TracebackType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(Exception):
    """Someone asked the platform to end. No failure."""


class Ending:
    def __init__(self) -> None:
        self._asked = threading.Event()

    def __enter__(self) -> "Ending":
        for each in SIGNALS:
            if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:  # nohup stays nohup
                signal.signal(each, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The handlers stay: a Ctrl-C while everything stops must not interrupt that."""

    def pause(self, seconds: float) -> None:
        """Wait, at most `seconds`. Raises Ended when the platform was asked to end, at once."""
        if self._asked.wait(seconds):
            raise Ended

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked.set()
