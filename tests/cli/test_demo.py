"""`guiche demo` and `guiche serve` as a newcomer and an operator start them."""

import json
import re
import signal
import subprocess
import time

import pytest

ANYWHERE = {"GUICHE_SMTP_LISTEN": "127.0.0.1:0", "GUICHE_HTTP_LISTEN": "127.0.0.1:0"}


def wait_until_ready(process, data_dir):
    deadline = time.monotonic() + 60
    while not (data_dir / "ready.json").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return json.loads((data_dir / "ready.json").read_text())


@pytest.fixture
def demo(guiche):
    """A demo that serves, ended with the test."""
    process = guiche.start("demo", **ANYWHERE)
    wait_until_ready(process, guiche.data_dir)
    yield process
    if process.poll() is None:
        process.kill()
        process.communicate()


def test_the_demo_prints_where_and_who_and_a_command_that_sends_the_first_message(guiche, demo):
    table = ""
    while "Ctrl-C" not in table:
        table += demo.stdout.readline()
    ready = json.loads((guiche.data_dir / "ready.json").read_text())

    assert f"http://{ready['http']}/" in table
    assert ready["smtp"] in table
    assert "clara@instituicoes.example" in table
    command = re.search(r"^ *(python3 -c .*)$", table, re.MULTILINE)[1]
    subprocess.run(["bash", "-c", command], check=True, timeout=30)

    deadline = time.monotonic() + 30
    outbox = guiche.data_dir / "outbox" / "new"
    while not any(b"ana@org-a.example" in path.read_bytes() for path in outbox.glob("*")):
        assert time.monotonic() < deadline, "no acknowledgement"
        time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_ends_well_when_asked_and_keeps_its_data(guiche, demo, number):
    beside = guiche.json("user", "list")

    demo.send_signal(number)
    _, error = demo.communicate(timeout=30)

    assert demo.returncode == 0, error
    assert "Traceback" not in error
    assert not (guiche.data_dir / "ready.json").exists()
    assert guiche.json("user", "list") == beside
    assert len(beside) == 4


def test_a_second_one_in_the_same_data_directory_is_refused_and_harms_nothing(guiche, demo):
    error = guiche("demo", code=1, **ANYWHERE).error

    assert "another process serves" in error
    assert (guiche.data_dir / "ready.json").exists()


def test_the_demo_never_listens_beyond_loopback(guiche):
    error = guiche("demo", code=1, GUICHE_HTTP_LISTEN="0.0.0.0:0").error

    assert error == "guiche: demo listens on loopback addresses only\n"


def test_serving_without_a_set_up_database_says_what_to_run(guiche):
    assert "run guiche setup" in guiche("serve", code=1, **ANYWHERE).error


def test_serving_a_subset_of_the_roles_demands_what_they_share(guiche):
    error = guiche("serve", "--roles", "worker", code=1).error

    assert "GUICHE_BLOBS_URL" in error
    assert "GUICHE_BASE_URL" in error


def test_commands_find_the_keys_a_demo_made_whatever_the_database(guiche, migrated_url):
    process = guiche.start("demo", GUICHE_DATABASE_URL=migrated_url, **ANYWHERE)
    try:
        wait_until_ready(process, guiche.data_dir)
        token = guiche("token", "create", "--agent", "clara@instituicoes.example", GUICHE_DATABASE_URL=migrated_url)
    finally:
        process.terminate()
        process.communicate(timeout=30)

    assert len(token.out.strip()) == 43
