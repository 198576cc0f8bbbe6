"""A real browser without a screen: Chromium, spoken to over a pipe in its own protocol (CDP), nothing in between.

The protocol: https://chromedevtools.github.io/devtools-protocol/ — one JSON object a message, ended by a NUL.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(
    PROGRAM is None, reason="Chromium がないため、ブラウザでの確認を省いた（apt install chromium）"
)
_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions", "--no-first-run",
    "--remote-debugging-pipe", "--lang=ja",
)  # fmt: skip
_PATIENCE_SECONDS = 60
_KEYS = {"Enter": 13, "Tab": 9, "Escape": 27, " ": 32, "End": 35, "Home": 36}


class Browser:
    """One tab of one browser, and all that it said and asked for."""

    def __init__(self, process: subprocess.Popen[bytes], asking: int, answering: int) -> None:
        self._process, self._asking, self._answering = process, asking, answering
        self._rest, self._number, self._session = b"", 0, ""
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.events: list[str] = []
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._send(f"{domain}.enable")

    def _send(self, method: str, **given: Any) -> dict[str, Any]:
        """Asks and waits for the answer; what the browser says meanwhile is kept."""
        self._number += 1
        whole = {"id": self._number, "method": method, "params": given}
        if self._session:
            whole["sessionId"] = self._session
        os.write(self._asking, json.dumps(whole).encode() + b"\0")
        while True:
            said = self._next()
            if said.get("id") == self._number:
                assert "error" not in said, said["error"]
                return said["result"]  # type: ignore[no-any-return]

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + _PATIENCE_SECONDS
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._answering], [], [], max(0.0, until - time.monotonic()))
            assert ready, "the browser does not answer"
            piece = os.read(self._answering, 1 << 20)
            assert piece, "the browser is gone"
            self._rest += piece
        line, self._rest = self._rest.split(b"\0", 1)
        said: dict[str, Any] = json.loads(line)
        self._keep(said)
        return said

    def _keep(self, said: dict[str, Any]) -> None:
        method, given = said.get("method", ""), said.get("params", {})
        self.events.append(method)
        if method == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(given["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(str(given["args"]))
        elif method == "Log.entryAdded":
            self.complaints.append(str(given["entry"]["text"]))

    def open(self, path: Path, *, width: int = 1366, height: int = 768, script: bool = True) -> None:
        """Opens a file and waits until it is loaded."""
        self._send("Emulation.setScriptExecutionDisabled", value=not script)
        self._send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.requests, self.complaints, self.events = [], [], []
        self._send("Page.navigate", url=path.resolve().as_uri())
        while "Page.loadEventFired" not in self.events:
            self._next()

    def media(self, **features: str) -> None:
        """Pretends a medium or a preference: media="print", prefers-reduced-motion=…"""
        medium = features.pop("media", "")
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self._send("Emulation.setEmulatedMedia", media=medium, features=wanted)

    def run(self, expression: str) -> Any:
        """The value of an expression of JavaScript in the page; works where the page itself may run none."""
        found = self._send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, *keys: str) -> None:
        """Presses keys as a person does; "Shift+Tab" holds one down."""
        for whole in keys:
            held, _, key = whole.rpartition("+")
            own: dict[str, Any] = {"key": key, "modifiers": 8 if held == "Shift" else 0}
            own["windowsVirtualKeyCode"] = _KEYS.get(key, 0)
            if key in ("Enter", " "):
                own["text"] = "\r" if key == "Enter" else " "
            self._send("Input.dispatchKeyEvent", type="keyDown", **own)
            self._send("Input.dispatchKeyEvent", type="keyUp", **own)
        self.run("new Promise(done => setTimeout(done))")  # what a key sets off, as the end of a dialog, comes after it

    def write(self, text: str) -> None:
        """Types text into what has the focus."""
        self._send("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Clicks the middle of the first element of a selector."""
        box = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center', behavior: 'instant'}});"
            "const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._send("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def picture(self, path: Path, *, whole: bool = False) -> Path:
        """A screenshot, of the window or of the whole page."""
        data = self._send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))
        return path

    def printed(self, path: Path) -> Path:
        """The page as a PDF, on the paper that its style asks for."""
        data = self._send("Page.printToPDF", preferCSSPageSize=True, printBackground=False)["data"]
        path.write_bytes(base64.b64decode(data))
        return path

    def close(self) -> None:
        """Ends the browser."""
        self._session = ""
        self._send("Browser.close")
        self._process.wait(_PATIENCE_SECONDS)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser with a profile of its own, gone afterwards."""
    assert PROGRAM is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        child_reads, asking = os.pipe()
        answering, child_writes = os.pipe()

        def as_three_and_four() -> None:
            # The browser reads from 3 and writes to 4. Copies out of the way first: one may be 3 or 4 itself.
            reads, writes = os.dup(child_reads), os.dup(child_writes)
            reads, writes = os.dup(reads), os.dup(writes)
            os.dup2(reads, 3)
            os.dup2(writes, 4)

        with open(os.devnull, "wb") as nowhere:
            process = subprocess.Popen(
                [PROGRAM, *_OPTIONS, f"--user-data-dir={profile}"],
                stdin=subprocess.DEVNULL, stdout=nowhere, stderr=nowhere, close_fds=False,
                preexec_fn=as_three_and_four,
            )  # fmt: skip
        os.close(child_reads)
        os.close(child_writes)
        own = None
        try:
            own = Browser(process, asking, answering)
            yield own
        finally:
            if own is not None and process.poll() is None:
                own.close()
            elif process.poll() is None:
                process.kill()
            os.close(asking)
            os.close(answering)
