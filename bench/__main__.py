"""`python -m bench`: start platforms in folders of their own, measure, write the results."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import cases, report, sign_in
from bench.running import Running

SIZES = (10_000, 100_000, 1_000_000)
PORT = 29_443
SECONDS, QUICK_SECONDS = 10.0, 3.0
CASES = ("write", "order", "list", "search", "pdf", "import", "sign-in")


def main() -> None:
    options = _options()
    outcomes: list[cases.Outcome] = []
    machine = report.facts_of_the_machine()
    sizes = options.sizes or (SIZES[:1] if options.quick else SIZES)
    seconds = options.seconds or (QUICK_SECONDS if options.quick else SECONDS)
    for place, documents in enumerate(sizes):
        with _platform(options.home / f"documents-{documents}", options.port, documents) as running:
            setting = cases.Setting.of(running, seconds)
            for name in options.only or CASES:
                if name in ("list", "search") or place == 0:
                    print(f"… {name}, {documents:,} documents", file=sys.stderr, flush=True)
                    outcomes += _run(name, setting, documents, quick=options.quick)
    print(report.write(options.out, outcomes, machine))


def _run(name: str, setting: cases.Setting, documents: int, *, quick: bool) -> list[cases.Outcome]:
    match name:
        case "write":
            return [cases.invoices(setting)]
        case "order":
            return [cases.orders(setting)]
        case "list":
            return [cases.lists(setting, documents)]
        case "search":
            return cases.searches(setting, documents)
        case "pdf":
            return [cases.pdfs(setting)]
        case "import":
            return [cases.imports(setting, 1_000 if quick else cases.IMPORT_DOCUMENTS)]
        case "sign-in":
            return [sign_in.sign_ins(setting), sign_in.floods(setting)]
    raise ValueError(name)


@contextmanager
def _platform(home: Path, port: int, documents: int) -> Iterator[Running]:
    running = Running(home, port)
    running.start()
    try:
        running.load(documents)
        yield running
    finally:
        running.stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 documents and three seconds each")
    parser.add_argument("--only", action="append", choices=CASES, help="this case; may be repeated")
    parser.add_argument("--sizes", type=lambda text: [int(n) for n in text.split(",")], help="documents of one company")
    parser.add_argument("--seconds", type=float, help="of each measurement")
    parser.add_argument("--home", type=Path, default=Path("var/bench"), help="where platforms are kept (var/bench)")
    parser.add_argument("--out", type=Path, default=Path("var/bench"), help="where the results are written (var/bench)")
    parser.add_argument("--port", type=int, default=PORT, help="the first of four ports")
    return parser.parse_args()


if __name__ == "__main__":
    main()
