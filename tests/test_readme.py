"""The README is true: every command in it is run here, every setting and link in it exists."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.cli import COMMANDS
from handlers.email.settings import MailSettings
from handlers.providers.twilio import TwilioSettings
from handlers.settings import Settings
from handlers.slack.settings import SlackSettings
from tests.processes import environment, running

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PATIENCE_S = 60


def transcripts(text: str) -> Iterator[tuple[str, str]]:
    """Each command with the output that is said to follow."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output.strip("\n")


ALL = list(transcripts(README))
SHOWN = [(command, output) for command, output in ALL if not command.startswith("make ")]
MADE = [command for command, _ in ALL if command.startswith("make ")]


def agrees(said: str, expected: str) -> bool:
    """`...` stands for what differs from run to run."""
    pattern = ".*?".join(re.escape(piece) for piece in expected.split("..."))
    return re.fullmatch(pattern, said.strip("\n"), re.DOTALL) is not None


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """`heed` on the path, and a Heed that runs, as the README has it."""
    folder = tmp_path_factory.mktemp("readme")
    env = environment(folder)
    env["PATH"] = f"{ROOT / '.venv/bin'}:{env['PATH']}"
    with running(env, "serve", until="heed check"):
        yield env


def test_the_commands_do_what_the_readme_shows(demo: dict[str, str]) -> None:
    """All in their order, as a reader types them: one follows from the other."""
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine")
    for shown, output in SHOWN:
        command = shown.replace("127.0.0.1:8025", demo["HEED_SMTP_LISTEN"])
        ran = subprocess.run(
            ["bash", "-c", command], env=demo, capture_output=True, timeout=PATIENCE_S, check=False
        )
        said = ran.stdout.decode()
        assert agrees(said, output), f"$ {shown}\n{said}{ran.stderr.decode()}"


def test_make_run_sets_up_and_starts(tmp_path: Path) -> None:
    """The real target, on free ports; make's own process is ended as Ctrl-C would end it."""
    import os
    import signal

    env = {**environment(tmp_path), "PATH": os.environ["PATH"]}
    process = subprocess.Popen(
        ["make", "run"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        said = b""
        for line in process.stdout:
            said += line
            if b"heed check" in said:
                break
        assert b"Heed is up" in said, said.decode()
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE_S)
        assert process.stdout is not None
        process.stdout.close()


@pytest.mark.parametrize("command", [*MADE, "make check", "make bench", "make setup"])
def test_every_make_target_exists(command: str) -> None:
    ran = subprocess.run(
        ["make", "--dry-run", "--question", command.split()[1]],
        cwd=ROOT,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stderr.decode()


def test_every_setting_is_in_the_readme_and_the_reverse() -> None:
    parts: dict[str, type] = {
        "HEED_": Settings,
        "HEED_TWILIO_": TwilioSettings,
        "HEED_SLACK_": SlackSettings,
    }
    known = {"HEED_ENV"} | {f"HEED_{name.upper()}" for name in MailSettings.model_fields}
    for prefix, model in parts.items():
        known |= {f"{prefix}{name.upper()}" for name in model.model_fields}  # type: ignore[attr-defined]
    known -= {"HEED_ENVIRONMENT"}
    documented = set(re.findall(r"^\| `(HEED_[A-Z_]+)`", README, re.MULTILINE))
    assert documented == known


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_every_command_named_in_the_readme_exists() -> None:
    named = set(re.findall(r"`heed ([a-z][a-z-]*)", README))
    assert named - set(COMMANDS) == set()


def test_every_decision_is_numbered_once() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md")]
    assert len(numbers) == len(set(numbers))
