"""A running Guichê, whatever its size, through its front doors."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tests.harness import web
from tests.harness.outbox import SentMail, read_outbox
from tests.harness.post import post
from tests.harness.process import GUICHE, GuicheProcess, clean_environment

T = TypeVar("T")
PATIENCE = 30.0  # a deadline, never a measure: the machine may be busy


class Installation:
    """Processes by name; `front` answers SMTP and HTTP, `back` files and sends (both may be one)."""

    def __init__(self, processes: dict[str, GuicheProcess], *, front: str, back: str) -> None:
        self.processes = processes
        self.front = processes[front]
        self.back = processes[back]
        self._tokens: dict[tuple[str, ...], str] = {}

    @property
    def smtp(self) -> tuple[str, int]:
        """Where mail is taken."""
        host, _, port = self.front.ready["smtp"].rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def http(self) -> str:
        """The base address of the web side."""
        return f"http://{self.front.ready['http']}"

    def send(self, raw: bytes, mail_from: str, *recipients: str) -> tuple[int, str]:
        """Send one mail as a mail program does: the first refusal, or the answer after DATA."""
        return post(self.smtp, raw, mail_from, *recipients)

    def api(
        self, method: str, path: str, *, token: str = "", json: Any = None, body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> web.Answer:
        """One HTTP request; the body of the answer is parsed where it is JSON."""
        return web.request(self.http, method, path, token=token, json_body=json, body=body, headers=headers)

    def guiche(
        self, *arguments: str, check: bool = True, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the product beside the running processes."""
        environment = clean_environment(
            {**self.front.settings, "GUICHE_DATA_DIR": str(self.front.data_dir)}
        )
        done = subprocess.run(
            [GUICHE, *arguments], env=environment, cwd=self.front.data_dir.parent, input=stdin,
            capture_output=True, text=True, timeout=120, check=False,
        )
        if check:
            assert done.returncode == 0, f"guiche {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done

    def guiche_json(self, *arguments: str, check: bool = True) -> Any:
        """What a command prints with `--json`; `check` demands that it succeeds."""
        return json.loads(self.guiche(*arguments, "--json", check=check).stdout)

    def agent_token(self, email: str) -> str:
        """A token of an agent, made once."""
        return self._token("token", "create", "--agent", email)

    def user_token(self, email: str) -> str:
        """A token of a customer, made once."""
        return self._token("token", "create", "--user", email)

    def form_token(self, form: str = "contato", *flags: str) -> str:
        """A token of a form, made once."""
        return self._token("form-token", "create", form, *flags)

    def _token(self, *command: str) -> str:
        if command not in self._tokens:
            self._tokens[command] = self.guiche(*command).stdout.strip()
        return self._tokens[command]

    def outbox(self, to: str | None = None) -> list[SentMail]:
        """The mails that left the house, oldest first."""
        mails = read_outbox(self.back.data_dir / "outbox")
        return [mail for mail in mails if to is None or mail.to == to]

    def wait_for_mail(self, to: str, claim: Callable[[SentMail], bool] = lambda _: True) -> SentMail:
        """The first mail to `to` of which `claim` holds."""
        return self.wait_for(
            lambda: next((mail for mail in self.outbox(to) if claim(mail)), None), f"a mail to {to}"
        )

    def wait_for(self, look: Callable[[], T | None], what: str = "it", seconds: float = PATIENCE) -> T:
        """What `look` gives as soon as it is something."""
        deadline = time.monotonic() + seconds
        while not (found := look()):
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not come within {seconds} s\n{self._logs()}")
            time.sleep(0.03)
        return found

    def _logs(self) -> str:
        return "\n".join(f"--- {each.name}\n{each.log[-3000:]}" for each in self.processes.values())

    def start(self) -> None:
        """Start the processes that are not running, in order."""
        for process in self.processes.values():
            if not process.is_running():
                process.start()

    def kill(self, number: signal.Signals = signal.SIGKILL, *names: str) -> None:
        """Kill the named processes, or all, and see that they died of it."""
        for name in names or tuple(self.processes):
            self.processes[name].kill(number)

    def stop(self) -> None:
        """End all of them well."""
        for process in reversed(self.processes.values()):
            process.stop()

    def restart(self) -> None:
        """Stop well and start again, with the same ports and data."""
        self.stop()
        self.start()

    def end(self) -> None:
        """End whatever still runs, whatever it takes."""
        for process in self.processes.values():
            process.end()
