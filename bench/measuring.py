"""The same act again and again, by one client or by eight: how many a second, how long each, who computed."""

import resource
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.running import Running

WARM_UP = 5


@dataclass
class Measured:
    """Latencies in milliseconds; `cpu_ms` per act by who spent it (server, worker, postgres, client)."""

    clients: int
    acts: int
    seconds: float
    per_second: float
    p50: float
    p95: float
    p99: float
    cpu_ms: dict[str, float] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        return vars(self)


def measure(
    running: Running, make: Callable[[], Callable[[], object]], *, clients: int, seconds: float, warm_up: int = WARM_UP
) -> Measured:
    """`make` gives each client its own act, which raises when its answer is not the right one."""
    acts = [make() for _ in range(clients)]
    for act in acts:
        for _ in range(warm_up):
            act()
    times: list[list[float]] = [[] for _ in acts]
    faults: list[BaseException] = []
    gate = threading.Barrier(clients + 1)
    end = [0.0]

    def work(place: int) -> None:
        act, own = acts[place], times[place]
        gate.wait()
        try:
            while (begun := time.perf_counter()) < end[0] or not own:
                act()
                own.append((time.perf_counter() - begun) * 1000)
        except BaseException as fault:  # told by the thread that measures
            faults.append(fault)

    threads = [threading.Thread(target=work, args=[place]) for place in range(clients)]
    for thread in threads:
        thread.start()
    before, own_before = running.cpu(), _own()
    begun = time.perf_counter()
    end[0] = begun + seconds
    gate.wait()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    if faults:
        raise faults[0]
    after = running.cpu() | {"client": _own()}
    done = sorted(taken for own in times for taken in own)
    return Measured(
        clients=clients,
        acts=len(done),
        seconds=round(took, 2),
        per_second=round(len(done) / took, 2),
        p50=quantile(done, 0.50),
        p95=quantile(done, 0.95),
        p99=quantile(done, 0.99),
        cpu_ms={
            name: round((used - before.get(name, own_before)) * 1000 / len(done), 2) for name, used in after.items()
        },
    )


def quantile(ordered: list[float], share: float) -> float:
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 2)


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
