"""A RabbitMQ node of the test's own, to be killed and started again (LIBRARIES.md part 5)."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.packages import program
from tests.services.ports import free_port, is_open, wait_until

_CONFIG = """\
listeners.tcp.1 = 127.0.0.1:{port}
loopback_users.guest = true
disk_free_limit.absolute = 50MB
log.console = false
log.file.level = error
"""
_START = 120.0


class PrivateBroker:
    """A node with its own name, ports, folders and port mapper; signals go only to its own processes."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self._folder = folder
        self.port = free_port()
        self._mapper_port, distribution_port = free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/"
        (folder / "rabbitmq.conf").write_text(_CONFIG.format(port=self.port) + more)
        (folder / "plugins").write_text("[].\n")
        self._environment = {
            **os.environ,
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"guiche{secrets.token_hex(4)}@localhost",
            "RABBITMQ_DIST_PORT": str(distribution_port),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS":
                "+S 2:2 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        self._mapper: subprocess.Popen[bytes] | None = None
        self._node: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the node, again on what it stored, and wait until it accepts connections."""
        if self._mapper is None:
            # The node would start one that outlives it; this one is ours and stays in our hands.
            self._mapper = self._spawn(program("epmd", "erlang-base", "/usr/lib/erlang/erts-*/bin"))
            wait_until(lambda: is_open(self._mapper_port), 20, "the port mapper")
        # The wrapper on PATH changes the user and refuses root.
        self._node = self._spawn(program("rabbitmq-server", "rabbitmq-server", "/usr/lib/rabbitmq/bin"))
        wait_until(self._answers, _START, "the private broker")

    def ensure(self) -> None:
        """Start it if a test left it dead."""
        if self._node is None or self._node.poll() is not None:
            self.start()

    def _spawn(self, path: Path) -> "subprocess.Popen[bytes]":
        # A session of its own: the node's process is a child of the shell that we start.
        with open(self._folder / f"{path.name}.log", "ab") as log:
            return subprocess.Popen(
                [str(path)], env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)

    def _answers(self) -> bool:
        if self._node is not None and self._node.poll() is not None:
            raise RuntimeError(f"the private broker ended with {self._node.returncode}")
        return is_open(self.port)

    def kill(self) -> None:
        """SIGKILL, and proof that it died: nobody listens any more."""
        assert self._node is not None
        os.killpg(self._node.pid, signal.SIGKILL)
        assert self._node.wait(20) == -signal.SIGKILL
        wait_until(lambda: not is_open(self.port), 20, "the death of the private broker")
        self._node = None

    def pause(self) -> None:
        """Stop it in its tracks: connections stay open and nothing is answered."""
        assert self._node is not None
        os.killpg(self._node.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self._node is not None
        os.killpg(self._node.pid, signal.SIGCONT)

    def control(self, *arguments: str) -> None:
        """Run `rabbitmqctl` on the node."""
        path = program("rabbitmqctl", "rabbitmq-server", "/usr/lib/rabbitmq/bin")
        done = subprocess.run(
            [str(path), "-q", *arguments], env=self._environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def end(self) -> None:
        """Kill what is left of node and port mapper."""
        for process in (self._node, self._mapper):
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)


@contextmanager
def private_broker(more: str = "") -> Iterator[PrivateBroker]:
    """A started node, with `more` lines of configuration; it and its folder are gone after the block."""
    folder = Path(tempfile.mkdtemp(prefix="guiche-rabbit-"))
    broker = PrivateBroker(folder, more)
    try:
        broker.start()
        yield broker
    finally:
        broker.end()
        shutil.rmtree(folder, ignore_errors=True)
