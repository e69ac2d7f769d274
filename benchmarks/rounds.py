"""Measuring several contestants in rounds.

Belongs here: the order of the runs, and which answer of several counts. Does not belong here: what is run, or what an
answer is worth.
"""

from collections.abc import Callable, Iterable

from benchmarks.measure import Usage
from benchmarks.results import Outcome


def in_rounds(
    names: Iterable[str], runs: int, run: Callable[[str], Usage], judge: Callable[[str], str]
) -> dict[str, Outcome]:
    """The outcome of each contestant, run once per round, so that a busy moment of the machine doesn't hit one alone.

    One that failed is not run again. `judge` says what the answer of a contestant's last run is worth; of several a
    wrong one is kept.
    """
    usages: dict[str, list[Usage]] = {name: [] for name in names}
    answers: dict[str, str] = {}
    for _ in range(runs):
        for name, earlier in usages.items():
            if earlier and earlier[-1].failure:
                continue
            usage = run(name)
            earlier.append(usage)
            if usage.failure:
                answers[name] = f"none: {usage.failure}"
            elif answers.get(name, "").partition(":")[0] != "wrong":
                answers[name] = judge(name)
    return {name: Outcome.of(done, answers[name]) for name, done in usages.items()}
