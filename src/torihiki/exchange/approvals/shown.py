"""A request as its page shows it: every step with who is asked, who answered, and what is still to come."""

from collections.abc import Sequence
from dataclasses import dataclass

from torihiki.exchange.access import Seen
from torihiki.exchange.approvals.access import access_seats
from torihiki.exchange.approvals.ending import newest_request
from torihiki.exchange.approvals.models import ApprovalRequest, ApprovalSeat
from torihiki.exchange.approvals.requests import Chair, chairs_of
from torihiki.exchange.approvals.steps import RouteStep, stages, steps_of
from torihiki.exchange.specs import ISSUER

DONE, CURRENT, AHEAD = "done", "current", "ahead"


@dataclass(frozen=True)
class ShownStep:
    """`seats` are empty until it is its turn."""

    step: RouteStep
    state: str
    seats: list[ApprovalSeat]
    approvals: int

    @property
    def waits_for(self) -> list[str]:
        return [seat.member_name for seat in self.seats if seat.is_open]


@dataclass(frozen=True)
class ShownRequest:
    request: ApprovalRequest
    steps: list[ShownStep]
    chairs: list[Chair]  # where the reader may answer now

    @property
    def is_plain(self) -> bool:
        return not self.request.route

    @property
    def chosen(self) -> list[RouteStep]:
        """The steps in which the reader is asked."""
        return [self.steps[chair.seat.step].step for chair in self.chairs]


def shown_request(seen: Seen) -> ShownRequest | None:
    """The newest request of an own document; two queries."""
    request = newest_request(seen) if seen.view.role == ISSUER else None
    if request is None:
        return None
    seats = list(access_seats(seen.actor).filter(request=request))
    return ShownRequest(request, _steps(request, seats), chairs_of(seen.actor, seen, request, seats))


def _steps(request: ApprovalRequest, seats: Sequence[ApprovalSeat]) -> list[ShownStep]:
    steps = steps_of(request.steps)
    turn = {index: number for number, stage in enumerate(stages(steps)) for index in stage}
    found = []
    for index, step in enumerate(steps):
        its = [seat for seat in seats if seat.step == index]
        waiting = any(seat.is_open for seat in its)
        state = AHEAD if turn[index] > request.stage else CURRENT if waiting else DONE
        found.append(ShownStep(step, state, its, sum(seat.decision == "approved" for seat in its)))
    return found
