"""Killed at each durable step: a mail answered 250 is there, one that was not is sent again, and neither is twice."""

import signal
import smtplib
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.installation import Installation
from tests.harness.kinds import start_embedded
from tests.harness.post import mail
from tests.journeys.test_mail import ANA, DESK
from tests.services import packages

CALLS = "fsync,fdatasync,rename,pwrite64"
# From the first write of the mail's file to the last of its filing; found by counting, with room to spare.
STEPS = 40


@pytest.fixture(scope="module")
def strace() -> str:
    """The tracer that kills at a system call."""
    return str(packages.program("strace", "strace"))


def test_S05_S06_a_kill_at_any_step_loses_and_doubles_nothing(
    tmp_path: Path, strace: str, count: Callable[[int], int]
) -> None:
    # Each of them starts a whole house anew.
    steps = range(1, STEPS + 1, 1 if count(STEPS) == STEPS else STEPS // 4)
    died = 0
    with start_embedded(tmp_path) as house:
        token = house.agent_token("clara@instituicoes.example")
        for step in steps:
            title = f"Passo {step:03}"
            raw = mail(ANA, DESK, title, "x" * 100_000, message_id=f"<passo-{step}@org-a.example>")
            died += _killed_while_taking(house, strace, step, raw)
            if not house.front.is_running():
                house.start()
            # Whoever heard no 250 sends again, and whoever heard one may do so all the same.
            assert house.send(raw, ANA, DESK)[0] == 250

        titles = house.wait_for(lambda: _titles(house, token, len(steps)), "all tickets", seconds=60)
        assert sorted(titles) == [f"Passo {step:03}" for step in steps]
        house.guiche("check")

    # A tracer that killed nobody would prove nothing.
    assert died >= len(steps) // 2


def _killed_while_taking(house: Installation, strace: str, step: int, raw: bytes) -> bool:
    """Send the mail to a process that dies at its `step`th durable call; whether it did."""
    tracer = subprocess.Popen(
        [strace, "-f", "-q", "-o", "/dev/null", "-e", f"trace={CALLS}",
         "-e", f"inject={CALLS}:signal=KILL:when={step}", "-p", str(house.front.pid)],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        time.sleep(0.5)
        try:
            with smtplib.SMTP(*house.smtp, local_hostname="client.example", timeout=20) as client:
                client.sendmail(ANA, [DESK], raw)
        except (OSError, smtplib.SMTPException):
            pass
        deadline = time.monotonic() + 3
        while house.front.is_running() and time.monotonic() < deadline:
            time.sleep(0.05)
        return not house.front.is_running()
    finally:
        tracer.send_signal(signal.SIGTERM)
        tracer.wait(10)


def _titles(house: Installation, token: str, wanted: int) -> list[str] | None:
    answer = house.api("GET", "/api/v1/tickets?limit=200", token=token)
    titles = [item["title"] for item in answer.body["items"]]
    return titles if len(titles) >= wanted else None
