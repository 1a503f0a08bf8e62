"""Why the platform does not start or must end: one exception and one exit code per reason, worded for its reader."""


class Refusal(Exception):
    """Nothing was destroyed; the message says what to do next."""

    exit_code = 1


class PortInUse(Refusal):
    exit_code = 10


class AlreadyRunning(Refusal):
    exit_code = 11


class DiskFull(Refusal):
    exit_code = 12


class PostgresMissing(Refusal):
    exit_code = 13


class ClusterDamaged(Refusal):
    exit_code = 14


class ClusterOfOtherVersion(Refusal):
    exit_code = 15


class HomeUnwritable(Refusal):
    exit_code = 16


class OutsideDatabaseUnfit(Refusal):
    exit_code = 18  # 17 is bin/up's: no fit Python


class ProgramKeepsDying(Refusal):
    exit_code = 19


class StepFailed(Refusal):
    exit_code = 20


class NoAccountForPostgres(Refusal):
    exit_code = 21


class NotRunning(Refusal):
    exit_code = 22


class ResetNotConfirmed(Refusal):
    exit_code = 23
