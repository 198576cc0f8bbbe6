"""The scripts and units that run the night: what they name, that they parse, and how the set-up behaves.

The set-up runs on a copy in a folder with a space in its name, with a stub in the place of Python that
writes down how it is called; nothing is installed.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from configparser import RawConfigParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests import bill

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ["jobs/nightly", "jobs/desk", "tests/run", ".ci/run"]
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs bash")

STUB = r"""#!/usr/bin/env bash
# Stands in for Python: answers the questions of the set-up and writes the rest down.
case "$*" in
  *version_info[:2]*base_prefix* | *base_prefix*version_info[:2]*) echo "/stub 3.11" ;;
  *"sys.exit(sys.version_info"*) [[ -z ${STUB_OLD:-} ]] ;;
  *version_info*) echo "${STUB_OLD:-3.11}" ;;
  *"import ensurepip"*) [[ -z ${STUB_WITHOUT_VENV:-} ]] ;;
  *"import elqr"*) true ;;
  "-m venv"*)
    echo "venv" >>"$STUB_CALLS"
    sleep "${STUB_SECONDS:-0}"
    mkdir -p "$4/bin" && cp "$0" "$4/bin/python"
    ;;
  *" pip "*)
    asked=$*
    echo "pip ${asked##*.constraints.txt }" >>"$STUB_CALLS"
    [[ -z ${STUB_NO_PIP:-} ]] || { echo "ERROR: no wheel"; exit 1; }
    printf '#!/usr/bin/env bash\nprintf "%%s|" "$PWD" "$@"\nexit 3\n' >"${0%python}elqr"
    chmod +x "${0%python}elqr"
    ;;
  *) echo "python $*" >>"$STUB_CALLS" ;;
esac
"""


class Checkout:
    """A copy of the scripts, a stub Python, and the calls it saw."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "el qr"
        self.stub = folder / "stub python"
        self.calls_file = folder / "calls"
        for name in ("jobs/nightly", "jobs/desk", "jobs/setup.sh", "tests/run", "pyproject.toml", ".constraints.txt"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        self.stub.write_text(STUB)
        self.stub.chmod(0o755)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "ELQR_PYTHON": str(self.stub),
            "STUB_CALLS": str(self.calls_file),
        }

    def start(self, script: str, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self.root / script, *arguments],
            cwd="/",
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, script: str, *arguments: str, **environment: str) -> tuple[int, str, str]:
        process = self.start(script, *arguments, **environment)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def calls(self) -> list[str]:
        return self.calls_file.read_text(encoding="utf-8").splitlines() if self.calls_file.exists() else []

    def path_without(self, *missing: str) -> str:
        """A PATH with the few commands the scripts need and without some."""
        folder = self.root.parent / "bin"
        folder.mkdir()
        needed = (
            "bash",
            "cat",
            "chmod",
            "cp",
            "dirname",
            "env",
            "flock",
            "mkdir",
            "readlink",
            "rm",
            "rmdir",
            "sleep",
            "tail",
        )
        for name in needed:
            found = shutil.which(name)
            if found and name not in missing:
                (folder / name).symlink_to(found)
        return str(folder)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@posix_only
@pytest.mark.parametrize("name", SCRIPTS)
def test_script_is_executable(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)
    assert (ROOT / name).read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")


@posix_only
@pytest.mark.parametrize("name", [*SCRIPTS, "jobs/setup.sh"])
def test_script_parses(name: str) -> None:
    subprocess.run(["bash", "-n", ROOT / name], check=True)


def test_scripts_name_the_command() -> None:
    assert 'exec .venv/bin/elqr night jobs/nightly.toml "$@"' in (ROOT / "jobs/nightly").read_text(encoding="utf-8")
    batch = (ROOT / "jobs/nightly.cmd").read_bytes().decode("utf-8")
    assert '".venv\\Scripts\\elqr.exe" night jobs\\nightly.toml %*' in batch


@pytest.mark.parametrize("name", ["nightly.cmd", "desk.cmd"])
def test_batch_file_has_windows_line_ends_and_its_labels(name: str) -> None:
    lines = (ROOT / "jobs" / name).read_bytes().decode("utf-8").split("\n")
    assert all(line.endswith("\r") for line in lines[:-1]) and lines[-1] == ""
    text = "\n".join(lines)
    labels = set(re.findall(r"^:(\w+)", text, re.MULTILINE))
    assert labels == set(re.findall(r"(?:goto |call :)(\w+)", text)), "every label is used and every goto has one"


def unit(name: str) -> RawConfigParser:
    parser = RawConfigParser(strict=True, comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    assert parser.read(ROOT / "jobs/systemd" / name, encoding="utf-8")
    return parser


def test_systemd_units() -> None:
    service, timer = unit("elqr-nightly.service"), unit("elqr-nightly.timer")
    assert service["Service"]["ExecStart"] == "/opt/elqr/jobs/nightly"
    assert service["Service"]["WorkingDirectory"] == "/opt/elqr"
    assert service["Service"]["SuccessExitStatus"] == "3 4"
    assert service["Service"]["Type"] == "oneshot"
    assert timer["Timer"]["OnCalendar"].endswith("Asia/Tokyo")
    assert timer["Install"]["WantedBy"] == "timers.target"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze がない")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    place = tmp_path / "elqr"
    (place / "jobs").mkdir(parents=True)
    shutil.copy(ROOT / "jobs/nightly", place / "jobs/nightly")
    program = place / ".venv/bin/elqr"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    names = ["elqr-nightly.service", "elqr-nightly.timer", "elqr-desk.service"]
    for name in names:
        text = (ROOT / "jobs/systemd" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("/opt/elqr", str(place)), encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in names)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "elqr-" not in done.stderr


def test_the_desk_runs_from_the_start_of_the_machine_on() -> None:
    service = unit("elqr-desk.service")
    assert service["Service"]["ExecStart"].startswith("/opt/elqr/.venv/bin/elqr desk serve --job ")
    assert service["Service"]["Restart"] == "on-failure" and service["Service"]["KillSignal"] == "SIGINT"
    given = (ROOT / "jobs/windows/elqr-desk.xml").read_bytes()
    task = ElementTree.fromstring(given)
    assert given.isascii() and task.find(f".//{TASK}BootTrigger") is not None
    assert task.findtext(f".//{TASK}Arguments", "").startswith("desk serve --job ")
    assert task.findtext(f".//{TASK}ExecutionTimeLimit") == "PT0S", "without end"
    assert "窓口" in task.findtext(f".//{TASK}Description", "")


def test_windows_task() -> None:
    given = (ROOT / "jobs/windows/elqr-nightly.xml").read_bytes()
    assert given.isascii()
    task = ElementTree.fromstring(given)
    assert task.tag == f"{TASK}Task"

    def said(name: str) -> str | None:
        return task.findtext(f".//{TASK}{name}")

    assert said("Command") == r"C:\elqr\jobs\nightly.cmd"
    assert said("WorkingDirectory") == r"C:\elqr"
    assert said("MultipleInstancesPolicy") == "IgnoreNew"
    assert said("StartWhenAvailable") == "true"
    assert "夜間消込" in (said("Description") or "")


def test_readme_names_the_files_and_codes() -> None:
    text = (ROOT / "jobs/README.md").read_text(encoding="utf-8")
    for code in (0, 1, 2, 3, 4, 5, 130):
        assert f"\n| {code} | " in text
    assert "elqr-nightly.xml" in text and "elqr-nightly.timer" in text


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / ".constraints.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    }
    asked = [
        *project["dependencies"],
        *project["optional-dependencies"]["test"],
        "hatchling",
        "editables",
        "setuptools",
    ]
    names = {re.split(r"[<>=!~\[; ]", requirement)[0].lower() for requirement in asked}
    assert names and names <= pins


def test_the_bill_of_materials_is_what_is_pinned() -> None:
    """部品表: what a city runs with, each at the version of the lock and under a licence."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (ROOT / ".constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-").splitlines()
    parts = json.loads((ROOT / ".sbom.json").read_text(encoding="utf-8"))["components"]
    found = {part["name"].lower().replace("_", "-"): part for part in parts}
    assert {f"{name}=={part['version']}" for name, part in found.items()} <= set(lock)
    asked = {re.split(r"[<>=!~\[; ]", requirement)[0].lower() for requirement in project["dependencies"]}
    assert asked and asked <= set(found)
    # pypdfium2 names its licences (Apache-2.0, BSD-3-Clause and others of PDFium) in files, not in its metadata.
    assert {part["name"] for part in parts if not part.get("licenses")} <= {"pypdfium2"}


def test_the_bill_of_materials_names_what_is_inside_the_wheels() -> None:
    """Native libraries are most of what runs: they stand under the part whose wheel brings them."""
    nested = {
        part["name"]: {inner["name"] for inner in part.get("components", [])}
        for part in json.loads(bill.BILL.read_text(encoding="utf-8"))["components"]
    }
    assert {"libxml2", "libxslt"} <= nested["lxml"] and {"openblas", "libgfortran"} <= nested["numpy"]
    assert "qpdf" in nested["pikepdf"] and "pdfium" in nested["pypdfium2"] and "FreeType" in nested["pillow"]
    assert {"libpq", "libssl", "libcrypto"} <= nested["psycopg-binary"] and len(nested["polars-runtime-32"]) > 100
    if bill.described() == bill.where():
        assert bill.written() == json.loads(bill.BILL.read_text(encoding="utf-8")), (
            "python -m tests.bill writes it anew"
        )


def _wheel(folder: Path, name: str) -> Path:
    """A wheel of one module."""
    path, info = folder / f"{name}-1.0-py3-none-any.whl", f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", "VALUE = 1\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def test_a_wheel_that_was_changed_on_its_way_is_refused(tmp_path: Path) -> None:
    """The list of hashes goes another way than the folder."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    changed, _ = _wheel(wheels, "invented_one"), _wheel(wheels, "invented_two")
    made = subprocess.run(
        [sys.executable, ROOT / "jobs" / "hashes.py", wheels], capture_output=True, text=True, check=True
    )
    digest = hashlib.sha256(changed.read_bytes()).hexdigest()
    assert (
        made.stdout.splitlines()[0] == f"invented_one==1.0 --hash=sha256:{digest}"
        and len(made.stdout.splitlines()) == 2
    )
    hashes = tmp_path / "hashes.txt"
    hashes.write_text(made.stdout, encoding="utf-8")
    pins = tmp_path / "constraints.txt"
    pins.write_text("invented_one==1.0\ninvented_two==1.0\n", encoding="utf-8")

    def install() -> "subprocess.CompletedProcess[str]":
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "install",
            "--no-index",
            "--find-links",
            wheels,
        ]
        to = ["--target", tmp_path / "own", "-c", pins, "--require-hashes", "--no-deps", "-r", hashes]
        return subprocess.run([*pip, *to], capture_output=True, text=True, check=False)

    assert install().returncode == 0
    shutil.rmtree(tmp_path / "own")
    with zipfile.ZipFile(changed, "a") as wheel:
        wheel.comment = b"changed"
    refused = install()
    assert refused.returncode != 0 and "DO NOT MATCH THE HASHES" in refused.stderr
    assert not (tmp_path / "own").exists()


@posix_only
def test_with_a_list_of_hashes_everything_is_installed_by_it(checkout: Checkout) -> None:
    hashes = checkout.root.parent / "hash list.txt"
    hashes.write_text("elqr==0.1.0 --hash=sha256:00\nclick==8.5.1 --hash=sha256:11\n", encoding="utf-8")
    assert checkout.run("jobs/nightly", ELQR_HASHES=str(hashes))[0] == 3
    pip = [call for call in checkout.calls() if call.startswith("pip")]
    listed = f"{checkout.root}/.venv/hashes.txt"
    assert pip == [
        f"pip --require-hashes --no-deps --requirement {listed}",
        f"pip --no-build-isolation --no-deps --editable {checkout.root}",
    ]
    assert Path(listed).read_text(encoding="utf-8") == "click==8.5.1 --hash=sha256:11\n", "this checkout is elqr"
    gone = Checkout(checkout.root.parent / "other")
    code, _, err = gone.run("jobs/nightly", ELQR_HASHES="/nowhere")
    assert code == 1 and "/nowhere" in err


@posix_only
def test_first_night_sets_up_and_the_second_does_not(checkout: Checkout) -> None:
    code, out, err = checkout.run("jobs/nightly", "--date", "2026-11-20", "a b")
    assert (code, out) == (3, f"{checkout.root}|night|jobs/nightly.toml|--date|2026-11-20|a b|")
    assert "準備ができました" in err
    first = checkout.calls()
    assert first == [
        "venv",
        "pip hatchling editables",
        f"pip --no-build-isolation --editable {checkout.root}",
        f"python -m compileall -q {checkout.root}/elqr",
    ]
    assert checkout.run("jobs/nightly") == (3, f"{checkout.root}|night|jobs/nightly.toml|", "")
    assert checkout.calls() == first


@posix_only
def test_the_desk_of_the_sample_city_is_ready_to_log_in(checkout: Checkout) -> None:
    """Without a ledger the night runs first; accounts are made once, each with the roles that its name says."""
    code, out, err = checkout.run("jobs/desk", "--port", "0")
    root = checkout.root
    assert code == 3 and "|desk|account|add|etsuran|" in out, "the stub ends with 3: so may a night, and no account"
    assert f"{root}|night|jobs/nightly.toml|" in err
    (root / ".venv/bin/elqr").write_text('#!/usr/bin/env bash\nprintf "%s|" "$@"; echo\n')
    (root / "var").mkdir()
    (root / "var/ledger.db").write_text("x")
    code, out, err = checkout.run("jobs/desk", "--port", "0")
    *accounts, served = out.splitlines()
    assert (code, err, served) == (0, "", "desk|serve|--port|0|")
    assert [line.split("|")[3] for line in accounts] == ["etsuran", "shinsei", "shounin", "kanri"]
    assert {role for line in accounts for role in line.split("|") if role in ("閲覧", "申請", "承認", "管理")} == {
        "閲覧", "申請", "承認", "管理"
    }  # fmt: skip
    (root / "var/desk.sqlite3").write_text("x")
    assert checkout.run("jobs/desk") == (0, "desk|serve|\n", "")


@posix_only
def test_a_changed_lock_sets_up_again(checkout: Checkout) -> None:
    checkout.run("jobs/nightly")
    with (checkout.root / ".constraints.txt").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    checkout.run("jobs/nightly")
    assert checkout.calls().count("venv") == 2


@posix_only
def test_a_moved_checkout_sets_up_again(checkout: Checkout) -> None:
    checkout.run("jobs/nightly")
    checkout.root = checkout.root.rename(checkout.root.with_name("moved"))
    code, out, _ = checkout.run("jobs/nightly")
    assert (code, out) == (3, f"{checkout.root}|night|jobs/nightly.toml|")
    assert checkout.calls().count("venv") == 2


@posix_only
def test_tests_add_to_what_the_night_installed(checkout: Checkout) -> None:
    checkout.run("jobs/nightly")
    before = len(checkout.calls())
    checkout.run("tests/run", "-k", "x")
    checkout.run("tests/run")
    checkout.run("jobs/nightly")
    assert checkout.calls()[before:] == [
        "pip hatchling editables setuptools",
        f"pip --no-build-isolation --editable {checkout.root}[test]",
        f"python -m compileall -q {checkout.root}/elqr",
        "python -m pytest -k x",
        "python -m ruff check",
        "python -m ruff format --check",
        "python -m mypy",
        "python -m pytest -n auto --dist loadfile --no-loadscope-reorder",
    ]


@posix_only
@pytest.mark.parametrize("without", [(), ("flock",)], ids=["flock", "mkdir"])
def test_two_at_once_set_up_once(checkout: Checkout, without: tuple[str, ...]) -> None:
    path = checkout.path_without(*without)
    both = [checkout.start("jobs/nightly", PATH=path, STUB_SECONDS="1") for _ in range(2)]
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [3, 3], said
    assert checkout.calls().count("venv") == 1
    assert not (checkout.root / ".venv.lock.d").exists()


@posix_only
@pytest.mark.parametrize("without", [(), ("flock",)], ids=["flock", "mkdir"])
def test_waiting_for_a_set_up_ends(checkout: Checkout, without: tuple[str, ...]) -> None:
    path = checkout.path_without(*without)
    first = checkout.start("jobs/nightly", PATH=path, STUB_SECONDS="3")
    while not checkout.calls():
        assert first.poll() is None
        time.sleep(0.02)
    code, _, err = checkout.run("jobs/nightly", PATH=path, ELQR_WAIT_SECONDS="1")
    assert code == 1 and "別の準備が終わりません" in err
    first.communicate(timeout=60)
    assert first.returncode == 3


@posix_only
@pytest.mark.parametrize(
    ("environment", "message"),
    [
        pytest.param({"ELQR_PYTHON": "/nowhere/python"}, "/nowhere/python を実行できません", id="ELQR_PYTHONがない"),
        pytest.param({"STUB_OLD": "3.9"}, "Python 3.11 以上が必要です", id="古い"),
        pytest.param({"STUB_WITHOUT_VENV": "1"}, "apt install python3-venv", id="venvがない"),
        pytest.param({"STUB_NO_PIP": "1"}, "PIP_NO_INDEX=1 PIP_FIND_LINKS=", id="入れられない"),
    ],
)
def test_what_hinders_the_set_up_is_said(checkout: Checkout, environment: dict[str, str], message: str) -> None:
    code, out, err = checkout.run("jobs/nightly", **environment)
    assert (code, out) == (1, "")
    assert message in err
    assert checkout.run("jobs/nightly")[0] == 3, "the next try is not hindered by this one"


@posix_only
def test_no_python_is_said(checkout: Checkout) -> None:
    code, _, err = checkout.run("jobs/nightly", PATH=checkout.path_without(), ELQR_PYTHON="")
    assert code == 1
    assert "Python が見つかりません" in err


@posix_only
def test_a_link_to_the_script_works(checkout: Checkout, tmp_path: Path) -> None:
    link = tmp_path / "elqr-nightly"
    link.symlink_to(checkout.root / "jobs/nightly")
    done = subprocess.run([link], env=checkout.environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, f"{checkout.root}|night|jobs/nightly.toml|")
