"""What a contestant says of two tables, and whether that is what was planted.

Belongs here: the answer's form, its JSON and the judgement. Does not belong here: how anyone comes to an answer.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Answer:
    """Counts of rows and of differing values; None is for what a contestant doesn't tell.

    `differences` has the columns that differ only, each with its number of differing values among paired rows.
    """

    source_rows: int
    target_rows: int
    missing: int | None = None
    extra: int | None = None
    differences: dict[str, int] | None = None

    def write(self, file: Path) -> None:
        """Store as JSON, columns without differences left out."""
        fields = asdict(self)
        if self.differences is not None:
            fields["differences"] = {name: count for name, count in self.differences.items() if count}
        file.write_text(json.dumps(fields), encoding="utf-8")

    @staticmethod
    def read(file: Path) -> "Answer":
        """What `write` stored."""
        return Answer(**json.loads(file.read_text(encoding="utf-8")))

    @staticmethod
    def from_record(file: Path) -> "Answer":
        """What the JSON record of `recon compare --json` says."""
        record = json.loads(file.read_text(encoding="utf-8"))
        return Answer(
            source_rows=record["source_rows"],
            target_rows=record["target_rows"],
            missing=record["missing_rows"],
            extra=record["extra_rows"],
            differences={c["name"]: c["differences"] for c in record["columns"] if c["differences"]},
        )


def judge(answer: Answer, truth: Answer) -> str:
    """`right`, `counts rows only`, or `wrong: …` with what was said and what was planted."""
    wrong = [
        f"{name.replace('_', ' ')} {said:,} (planted {planted:,})"
        for name in ("source_rows", "target_rows", "missing", "extra")
        if (said := getattr(answer, name)) is not None and said != (planted := getattr(truth, name))
    ]
    if answer.differences is not None and answer.differences != truth.differences:
        said, planted = (" + ".join(_counts(a.differences)) or "none" for a in (answer, truth))
        wrong.append(f"values differing {said} (planted {planted})")
    if wrong:
        return "wrong: " + "; ".join(wrong)
    return "counts rows only" if answer.differences is None else "right"


def _counts(differences: dict[str, int]) -> list[str]:
    """`column count` for a few columns, or the totals of many."""
    if len(differences) > 3:
        return [f"{sum(differences.values()):,} in {len(differences)} columns"]
    return [f"{name} {count:,}" for name, count in differences.items()]
