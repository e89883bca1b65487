"""A line to an IMAP server that does something at a chosen moment: at a word, before it reaches the other side."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Wire:
    """Forwards to a port on loopback; `at` arms one action."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._word = b""
        self._action: Callable[[], object] | None = None
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def at(self, word: bytes, action: Callable[[], object]) -> None:
        """Do `action` once, when `word` comes by; what holds the word is forwarded after it, if anybody is there."""
        self._word, self._action = word, action

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self._action is not None and self._word in data:
                    action, self._action = self._action, None
                    action()
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextmanager
def wire(target: int) -> Iterator[Wire]:
    """A line to `target` at `port`."""
    made = Wire(target)
    try:
        yield made
    finally:
        made.close()
