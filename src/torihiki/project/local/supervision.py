"""Keeps programs running: starts them, restarts one that dies with growing pauses, ends them in the right order."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from torihiki.project.local.ending import Ending
from torihiki.project.local.logs import copy_to_log, tail
from torihiki.project.local.refusals import DiskFull, ProgramKeepsDying, StepFailed

RESTART_PAUSES_SECONDS = (1, 2, 4, 8, 16)
HEALTHY_SECONDS = 60  # whoever lived as long begins again with the first pause
POLL_SECONDS = 0.1
KILL_WAIT_SECONDS = 5
FREE_BYTES_MIN = 20 * 2**20
DISK_FULL_WORDS = "No space left on device"


@dataclass(frozen=True)
class Program:
    """`stage` orders: lower ones start first and end last."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    log: Path
    stage: int = 1
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds_max: float = 20


class Supervisor:
    def __init__(self, ending: Ending, say: Callable[[str], None]) -> None:
        self._ending = ending
        self._say = say
        self._running: dict[str, _Running] = {}

    def start(self, program: Program) -> None:
        self._running[program.name] = _Running(program)

    def is_alive(self, name: str) -> bool:
        return self._running[name].process.poll() is None

    def forget(self, name: str) -> None:
        """Give up a program that ended while it started."""
        del self._running[name]

    def watch(self) -> None:
        """Until Ended, or ProgramKeepsDying when restarts did not help."""
        while True:
            self._ending.pause(POLL_SECONDS)
            for each in self._running.values():
                self._look_after(each)

    def stop(self) -> None:
        """End all, stage by stage. Each gets its time, then it is killed."""
        for stage in sorted({each.program.stage for each in self._running.values()}, reverse=True):
            together = [each for each in self._running.values() if each.program.stage == stage]
            for each in together:
                each.ask_to_end()
            for each in together:
                if not each.wait_or_kill():
                    self._say(
                        f"{each.program.name} did not end in {each.program.stop_seconds_max:.0f} s and was killed."
                    )
        self._running.clear()

    def _look_after(self, each: "_Running") -> None:
        if each.restart_at is not None:
            if time.monotonic() >= each.restart_at:
                each.restart()
            return
        code = each.process.poll()
        if code is None:
            return
        if each.lived_seconds() >= HEALTHY_SECONDS:
            each.deaths = 0
        if each.deaths >= len(RESTART_PAUSES_SECONDS):
            raise _keeps_dying(each.program, code)
        each.kill_descendants()
        pause = RESTART_PAUSES_SECONDS[each.deaths]
        each.deaths += 1
        each.restart_at = time.monotonic() + pause
        self._say(f"{each.program.name} ended unexpectedly ({_words(code)}); it is started again in {pause} s.")


class _Running:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.deaths = 0
        self.restart()

    def restart(self) -> None:
        self.restart_at: float | None = None
        self.process = launch(self.program)
        self._started = time.monotonic()

    def lived_seconds(self) -> float:
        return time.monotonic() - self._started

    def ask_to_end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.program.stop_signal)

    def kill_descendants(self) -> None:
        """A program that was killed leaves its own child processes behind, which would go on serving."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def wait_or_kill(self) -> bool:
        try:
            self.process.wait(self.program.stop_seconds_max)
        except subprocess.TimeoutExpired:
            self.kill_descendants()
            self.process.wait(KILL_WAIT_SECONDS)
            return False
        return True


def launch(program: Program) -> subprocess.Popen[bytes]:
    """Start it in a session of its own: the terminal's Ctrl-C reaches only its supervisor, which ends it in turn."""
    process = subprocess.Popen(
        ending_with_us(program.command, program.stop_signal),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        env=dict(program.environment),
        start_new_session=True,
    )
    assert process.stdout
    copy_to_log(process.stdout, program.log)
    return process


def ending_with_us(command: tuple[str, ...], stop_signal: signal.Signals) -> tuple[str, ...]:
    """Have the kernel end the program too when this process is killed; without setpriv it would live on alone."""
    option = f"--pdeathsig={stop_signal.name.removeprefix('SIG')}"
    if command[0] == "setpriv":  # one setpriv does both: a change of account drops what an earlier one asked for
        return ("setpriv", option, *command[1:])
    return ("setpriv", option, "--", *command) if shutil.which("setpriv") else command


def run_step(
    name: str, command: tuple[str, ...], environment: Mapping[str, str], *, ending: Ending, seconds_max: float
) -> str:
    """Run something that ends by itself; return what it wrote. Raises StepFailed, DiskFull, Ended."""
    process = subprocess.Popen(
        ending_with_us(command, signal.SIGTERM),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(environment),
        start_new_session=True,
        text=True,
    )
    deadline = time.monotonic() + seconds_max
    try:
        while True:
            try:
                said, _ = process.communicate(timeout=POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                ending.pause(0)
                if time.monotonic() > deadline:
                    raise StepFailed(f"{name} did not end within {seconds_max:.0f} s.") from None
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(KILL_WAIT_SECONDS)
    if process.returncode:
        last = "\n".join(said.strip().splitlines()[-12:])
        if DISK_FULL_WORDS in said:
            raise DiskFull(f"{name} stopped because the disk is full. Free some space and start again.\n{last}")
        raise StepFailed(f"{name} failed ({_words(process.returncode)}):\n{last}")
    return said


def _keeps_dying(program: Program, code: int) -> Exception:
    last = tail(program.log)
    if (
        DISK_FULL_WORDS in last or shutil.disk_usage(program.log.parent).free < FREE_BYTES_MIN
    ):  # a full disk logs nothing
        return DiskFull(f"{program.name} ended because the disk is full. Free some space and start again.")
    return ProgramKeepsDying(
        f"{program.name} ended {len(RESTART_PAUSES_SECONDS) + 1} times ({_words(code)}), so everything was stopped. "
        f"The last lines of {program.log}:\n{last}"
    )


def _words(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
