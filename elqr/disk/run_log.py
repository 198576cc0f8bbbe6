"""The run log (実行記録): what every step did, as `run.json` and a JSON-lines log.

It holds file names, counts, yen and durations; never a person's name, an address or a secret.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from elqr.disk.own_json import own_json_bytes

Clock = Callable[[], datetime]


@dataclass(slots=True)
class Step:
    """段階: one step of the run."""

    name: str
    file: str = ""
    count: int = 0
    yen: int = 0
    result: str = ""
    seconds: float = 0.0

    def as_dict(self) -> dict[str, object]:
        """`run.json` の一段階."""
        return {
            "step": self.name,
            "file": self.file,
            "count": self.count,
            "yen": self.yen,
            "result": self.result,
            "seconds": round(self.seconds, 3),
        }


@dataclass(slots=True)
class Journal:
    """実行記録: the steps in the order in which they ended; `show` tells a terminal what is under way."""

    clock: Clock
    show: Callable[[str], None] = lambda text: None
    steps: list[tuple[datetime, Step]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str, file: str = "") -> Iterator[Step]:
        """段階の時間を測る: time a block; the block fills in count, yen and result."""
        self.show(f"{name} {file}".rstrip())
        started, step = self.clock(), Step(name, file)
        try:
            yield step
        finally:
            ended = self.clock()
            step.seconds = (ended - started).total_seconds()
            self.steps.append((ended, step))

    def write(self, folder: Path, head: dict[str, object], write: Callable[[Path, bytes], None]) -> None:
        """実行記録を書く: `run.json` and `log.jsonl` in a folder."""
        lines = [
            {"at": at.isoformat(timespec="milliseconds"), "run_id": head["run_id"], **step.as_dict()}
            for at, step in self.steps
        ]
        record = {**head, "steps": [step.as_dict() for _, step in self.steps]}
        write(folder / "run.json", own_json_bytes(record))
        write(folder / "log.jsonl", "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode())
