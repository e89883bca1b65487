"""Starting, stopping and starting again, as a person at a terminal does it."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.installation import Installation
from tests.harness.kinds import LISTEN, start_embedded
from tests.harness.process import GUICHE, clean_environment


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One embedded installation for the tests that only look."""
    with start_embedded(tmp_path_factory.mktemp("running")) as installation:
        yield installation


def guiche(folder: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = clean_environment({"GUICHE_DATA_DIR": str(folder / "data"), **LISTEN, **settings})
    return subprocess.run(
        [GUICHE, *arguments], env=environment, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def test_ready_json_names_the_process_and_its_real_ports(running: Installation) -> None:
    ready = json.loads((running.front.data_dir / "ready.json").read_text("utf-8"))

    assert ready["pid"] == running.front.pid
    assert not ready["smtp"].endswith(":0")
    assert not ready["http"].endswith(":0")
    assert running.api("GET", "/readyz").status == 200


def test_the_welcome_names_addresses_and_logins(running: Installation) -> None:
    for text in (running.front.ready["smtp"], running.http, "clara@instituicoes.example", "demo-clara"):
        assert text in running.front.log


def test_a_second_process_on_the_same_data_is_refused(running: Installation) -> None:
    second = guiche(running.front.data_dir.parent, "demo")

    assert second.returncode == 1
    assert len(second.stderr.strip().splitlines()) == 1
    assert running.api("GET", "/healthz").status == 200
    assert (running.front.data_dir / "ready.json").exists()


def test_key_files_are_readable_by_their_owner_alone(running: Installation) -> None:
    for name in ("secret_key", "data_keys"):
        assert (running.front.data_dir / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_end_it_well_and_the_data_stays(number: signal.Signals, tmp_path: Path) -> None:
    with start_embedded(tmp_path) as installation:
        before = installation.guiche_json("user", "list")
        form = {"name": "Ana", "email": "ana@org-a.example", "title": "Oi", "message": "texto"}
        token = installation.form_token()
        assert installation.api("POST", "/webhooks/forms/contato", token=token, json=form).status in (201, 202)
        protocol = installation.wait_for_mail("ana@org-a.example").subject.split()[-1].rstrip("]")

        installation.front.stop(number)
        installation.start()

        assert installation.guiche_json("user", "list") == before
        answer = installation.api(
            "GET", f"/api/v1/tickets/{protocol}", token=installation.agent_token("clara@instituicoes.example")
        )
        assert answer.status == 200


REFUSED = {
    "an unknown name": ({"GUICHE_TYPO": "1"}, "GUICHE_TYPO"),
    "an address beyond loopback": ({"GUICHE_HTTP_LISTEN": "0.0.0.0:0"}, "loopback"),
    "an unknown role": ({"GUICHE_ROLES": "smtp,cook"}, "GUICHE_ROLES"),
    "a subset of roles without shared blobs": ({"GUICHE_ROLES": "http"}, "GUICHE_BLOBS_URL"),
    "a profile that is not there": ({"GUICHE_PROFILE": "nowhere"}, "nowhere"),
    "a broker of another kind": ({"GUICHE_BROKER_URL": "redis://127.0.0.1"}, "GUICHE_BROKER_URL"),
}


@pytest.mark.parametrize(("settings", "said"), REFUSED.values(), ids=REFUSED)
def test_a_setting_that_cannot_be_is_told_at_start(settings: dict[str, str], said: str, tmp_path: Path) -> None:
    done = guiche(tmp_path, "demo", **settings)

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_on_postgresql_demands_its_keys(tmp_path: Path) -> None:
    done = guiche(tmp_path, "serve", GUICHE_DATABASE_URL="postgres://postgres:hush@127.0.0.1:1/guiche")

    assert done.returncode == 1
    assert "GUICHE_SECRET_KEY" in done.stderr
    assert "GUICHE_DATA_KEYS" in done.stderr
    assert "hush" not in done.stderr
