"""A process starts alone in its data directory, says when it is ready, and ends as it was told."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.profile_loading import load_profile
from core.settings import load_settings
from gateway import app
from gateway.installing import install
from tests.harness.outbox import SentMail, read_outbox
from tests.harness.process import GUICHE, GuicheProcess, clean_environment
from tests.harness.web import request
from tests.services.ports import wait_until


def settings_of(folder: Path) -> dict[str, str]:
    return {
        "GUICHE_ROLES": "http,worker,dispatch,scheduler", "GUICHE_BLOBS_URL": f"file://{folder}/blobs",
        "GUICHE_HTTP_LISTEN": "127.0.0.1:0",
    }


@pytest.fixture
def process(tmp_path: Path) -> Iterator[GuicheProcess]:
    process = GuicheProcess("guiche", ["demo"], tmp_path / "data", settings_of(tmp_path))
    yield process
    process.end()


def run(tmp_path: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """One `guiche` that is expected to end by itself."""
    environment = clean_environment(
        {"GUICHE_DATA_DIR": str(tmp_path / "data"), **settings_of(tmp_path), **settings}
    )
    return subprocess.run(
        [GUICHE, *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )


def test_ready_json_names_the_addresses_while_the_process_serves(process: GuicheProcess) -> None:
    process.data_dir.mkdir()
    (process.data_dir / "ready.json").write_text('{"pid": 1}')
    process.start()
    ready = json.loads((process.data_dir / "ready.json").read_text())
    assert ready["pid"] == process.pid
    assert ready["smtp"] is None
    host, _, port = ready["http"].rpartition(":")
    socket.create_connection((host, int(port)), 5).close()
    process.stop()
    assert not (process.data_dir / "ready.json").exists()


def test_ctrl_c_ends_it_well(process: GuicheProcess) -> None:
    process.start()
    assert process._popen is not None
    process._popen.send_signal(signal.SIGINT)
    assert process._popen.wait(30) == 0
    assert "Traceback" not in process.log


def test_a_second_process_in_the_same_data_directory_is_told_so(process: GuicheProcess, tmp_path: Path) -> None:
    process.start()
    second = run(tmp_path, "serve")
    assert second.returncode == 1
    assert "another process serves from this data directory" in second.stderr
    assert "Traceback" not in second.stderr
    assert json.loads((process.data_dir / "ready.json").read_text())["pid"] == process.pid
    process.stop()


def test_a_killed_process_leaves_no_lock(process: GuicheProcess) -> None:
    process.start()
    process.kill()
    process.start()
    process.stop()


def test_serving_before_setup_is_told_what_to_do(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", GUICHE_PROFILE="instituicoes")
    assert done.returncode == 1
    assert "guiche setup" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_somebody_else_has_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run(tmp_path, "demo", GUICHE_HTTP_LISTEN=f"127.0.0.1:{taken.getsockname()[1]}")
    assert done.returncode == 1
    assert "GUICHE_HTTP_LISTEN" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_request_under_way_is_answered_before_the_end(process: GuicheProcess) -> None:
    process.start()
    host, _, port = process.ready["http"].rpartition(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        body = b"email=a%40b.example&password=x"
        connection.sendall(
            b"POST /login HTTP/1.1\r\nHost: " + process.ready["http"].encode() + b"\r\nConnection: close\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:5]
        )
        assert process._popen is not None
        # The process has read the head once it answers a request that came later.
        assert request(f"http://{process.ready['http']}", "GET", "/healthz").status == 200
        process._popen.send_signal(signal.SIGTERM)
        while "stopping" not in process.log:
            assert process.is_running()
        connection.sendall(body[5:])
        assert connection.recv(12).startswith(b"HTTP/1.1 ")
    assert process._popen.wait(30) == 0


async def test_a_role_that_dies_takes_the_process_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def die(house: object) -> None:
        raise RuntimeError("ana@org-a.example")

    settings = load_settings(
        {"GUICHE_DATA_DIR": str(tmp_path), "GUICHE_ROLES": "worker", "GUICHE_BLOBS_URL": f"file://{tmp_path}/b",
         "GUICHE_BASE_URL": "http://desk.example"}
    )
    await install(settings, load_profile(settings.profile))
    monkeypatch.setattr(app, "LOOPS", {"worker": die})
    async with asyncio.timeout(20):
        with pytest.raises(SystemExit) as ended:
            await app.run(settings)
    assert ended.value.code == 1
    assert not (tmp_path / "ready.json").exists()


def test_a_relay_nobody_can_reach_by_its_url_stops_the_start(tmp_path: Path) -> None:
    done = run(tmp_path, "demo", GUICHE_RELAY_URL="smtp://relay.example?starttls=perhaps")
    assert done.returncode == 1
    assert "GUICHE_RELAY_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dkim_key_nobody_can_read_stops_the_start(tmp_path: Path) -> None:
    done = run(tmp_path, "demo", GUICHE_DKIM_KEY=f"s1:instituicoes.example:{tmp_path}/missing.pem")
    assert done.returncode == 1
    assert "GUICHE_DKIM_KEY" in done.stderr
    assert "missing.pem: No such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_journal_holds_one_line_for_each_event_and_no_message_of_an_exception() -> None:
    program = (
        "import logging, structlog\n"
        "from gateway.journal import open_journal\n"
        "open_journal('json')\n"
        "log = structlog.get_logger('gateway.x')\n"
        "log.info('odd', text='a\\nb\\x1b[2J')\n"
        "try:\n    raise ValueError('ana@org-a.example')\n"
        "except ValueError:\n    log.exception('broke')\n"
        "    logging.getLogger('aiohttp.server').exception('Error of %s', 'ana')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["odd", "broke", "Error of %s"]
    assert lines[0]["text"] == "a\\x0ab\\x1b[2J"
    assert lines[1]["error"] == lines[2]["error"] == "ValueError"
    assert "ana" not in done.stderr


MAIL = (
    b"From: ana@org-a.example\r\nTo: atendimento@instituicoes.example\r\nSubject: no fim\r\n"
    b"Message-ID: <last@org-a.example>\r\n\r\nAinda chegou.\r\n.\r\n"
)


class Talk:
    """One SMTP conversation, line by line."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), 20)
        self.lines = self.socket.makefile("rb")
        self.answer()

    def close(self) -> None:
        self.lines.close()
        self.socket.close()

    def answer(self) -> str:
        """The code of the next reply, empty when the other side hung up."""
        line = self.lines.readline()
        while line[3:4] == b"-":
            line = self.lines.readline()
        return line[:3].decode()

    def say(self, *commands: str) -> str:
        """The code of the last one's reply."""
        code = ""
        for command in commands:
            self.socket.sendall(command.encode() + b"\r\n")
            code = self.answer()
        return code


def test_X24_a_mail_under_way_is_taken_before_the_end_and_an_idle_talk_is_ended(tmp_path: Path) -> None:
    listen = {"GUICHE_HTTP_LISTEN": "127.0.0.1:0", "GUICHE_SMTP_LISTEN": "127.0.0.1:0"}
    process = GuicheProcess("guiche", ["demo"], tmp_path / "data", listen)
    try:
        process.start()
        idle, busy = Talk(process.ready["smtp"]), Talk(process.ready["smtp"])
        assert idle.say("EHLO client.example") == "250"
        assert busy.say("EHLO client.example", "MAIL FROM:<ana@org-a.example>") == "250"
        assert busy.say("RCPT TO:<atendimento@instituicoes.example>", "DATA") == "354"
        busy.socket.sendall(MAIL[:50])
        assert process._popen is not None
        process._popen.send_signal(signal.SIGTERM)
        assert idle.answer() == "421"
        busy.socket.sendall(MAIL[50:])
        assert busy.answer() == "250"
        assert busy.answer() == "421"
        assert process._popen.wait(30) == 0
        idle.close()
        busy.close()

        process.start()
        wait_until(lambda: len(acknowledgements(process)) > 0, 30, "the acknowledgement")
        process.stop()
    finally:
        process.end()


def acknowledgements(process: GuicheProcess) -> list[SentMail]:
    return [mail for mail in read_outbox(process.data_dir / "outbox") if mail.to == "ana@org-a.example"]
