"""Results as Markdown and as JSON: ratios first, as they say more of the code than of the machine."""

import json
import os
import platform
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.cases import Outcome
from bench.measuring import Measured

TARGETS = {
    "write": "throughput with 8 clients at least 10 % of bare psycopg; the goal is 25 %",
    "list": "with 1,000,000 documents at most twice the time of 10,000",
    "search": "with 1,000,000 documents under 100 ms",
    "import": "at most six times COPY of the same rows",
    "sign-in": "at least 90 % of bare PBKDF2; pages during a flood of passwords within twice the p95 of idle",
}


def facts_of_the_machine() -> dict[str, Any]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "commit": commit.stdout.strip(),
        "processors": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def write(folder: Path, outcomes: list[Outcome], machine: dict[str, Any]) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(_lines(outcomes, machine)) + "\n"
    (folder / "results.md").write_text(text)
    (folder / "results.json").write_text(
        json.dumps({"machine": machine, "outcomes": [asdict(each) for each in outcomes]}, ensure_ascii=False, indent=1)
    )
    return text


def _lines(outcomes: list[Outcome], machine: dict[str, Any]) -> list[str]:
    lines = [
        "Measured " + ", ".join(f"{name} {value}" for name, value in machine.items()) + ".",
        "",
        "| act | clients | a second | bare | share | p50 ms | p95 ms | p99 ms | server ms | database ms | client ms |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for outcome in outcomes:
        for place, measured in enumerate(outcome.measured):
            limit = outcome.limit[place] if place < len(outcome.limit) else None
            lines.append(_row(outcome, measured, limit))
    lines += ["", "Further facts:", ""]
    for outcome in outcomes:
        if outcome.facts:
            lines.append(f"- {outcome.case}: " + ", ".join(f"{name} {value}" for name, value in outcome.facts.items()))
    for outcome in outcomes:
        if outcome.profile:
            found = outcome.profile
            lines += [
                "",
                f"Where the time goes: {outcome.case} (in one process, without TLS: {found['ms']} ms, of which"
                f" {found['database_ms']} ms wait for {found['statements']} statements)",
                "",
                *(
                    f"{n}. {one['share']:.1%} {one['where']} ({one['calls']} calls)"
                    for n, one in enumerate(found["top"], 1)
                ),
            ]
    lines += ["", "Targets: " + "; ".join(f"{name}: {text}" for name, text in TARGETS.items()) + "."]
    return lines


def _row(outcome: Outcome, measured: Measured, limit: Measured | None) -> str:
    cpu = measured.cpu_ms
    bare = f"{limit.per_second:g}" if limit else ""
    share = f"{measured.per_second / limit.per_second:.0%}" if limit else ""
    cells = (
        outcome.case, measured.clients, f"{measured.per_second:g}", bare, share,
        measured.p50, measured.p95, measured.p99, cpu["serve"], cpu["postgres"], cpu["client"],
    )  # fmt: skip
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
