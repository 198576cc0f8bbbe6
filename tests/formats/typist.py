"""A typist (打鍵する人): runs elqr on a terminal of its own and types an answer whenever a prompt stands there.

`python -m tests.formats.typist '["folder", ["spec", "new", "x"], ["fixed\\n"]]'` prints the exit code and the screen as JSON. It is a
process of its own because a process with threads must not be forked and go on as Python.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BREAK = "\x03"


def typed(folder: Path, arguments: list[str], answers: list[str]) -> tuple[int, str]:
    """(exit code, screen) of a command run in a folder; Ctrl+C is the answer "\\x03"."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.formats.typist", json.dumps([str(folder), arguments, answers])],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    code, screen = json.loads(ran.stdout)
    return code, screen


def _type(folder: str, arguments: list[str], answers: list[str]) -> tuple[int, str]:
    import pty

    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["PYTHONPATH"] = str(ROOT)
        os.chdir(folder)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execv(sys.executable, [sys.executable, "-m", "elqr", *arguments])
    screen = b""
    for answer in answers:
        while not screen.endswith(b": "):
            screen += os.read(terminal, 4_096)
        os.write(terminal, answer.encode())
        screen += b"\n"
    with contextlib.suppress(OSError):  # the terminal is gone with the program
        while True:
            if select.select([terminal], [], [], 0.5)[0]:
                if not (more := os.read(terminal, 4_096)):
                    break
                screen += more
            elif answers[-1:] == [_BREAK]:  # it came between the prompt and the reading: a person presses again
                os.write(terminal, _BREAK.encode())
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), screen.decode()


if __name__ == "__main__":
    print(json.dumps(_type(*json.loads(sys.argv[1]))))
