"""A Bot API of our own: it keeps what was sent, hands out files, and refuses when it is told to."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


@dataclass
class FakeTelegram:
    """`sent` are the calls of sendMessage; `refusals` answer the next ones, oldest first."""

    url: str = ""
    sent: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    announced_sizes: dict[str, int] = field(default_factory=dict)
    refusals: deque[tuple[int, dict[str, Any]]] = field(default_factory=deque)

    def texts_to(self, chat_id: int) -> list[str]:
        """What the chat was told, in order."""
        return [each["text"] for each in self.sent if each["chat_id"] == chat_id]

    def refuse_with_429(self, seconds: int) -> None:
        self.refusals.append((429, {"description": "Too Many Requests", "parameters": {"retry_after": seconds}}))

    def refuse_with_403(self) -> None:
        self.refusals.append((403, {"description": "Forbidden: bot was blocked by the user"}))

    def refuse_with_500(self) -> None:
        self.refusals.append((500, {"description": "Internal Server Error"}))

    def answer(self, method: str, parameters: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.calls.append(method)
        if self.refusals:
            status, body = self.refusals.popleft()
            return status, {"ok": False, "error_code": status, **body}
        if method == "sendMessage":
            self.sent.append(parameters)
            return 200, {"ok": True, "result": {"message_id": len(self.sent)}}
        if method == "getFile" and parameters.get("file_id") in self.files:
            file_id = parameters["file_id"]
            path, content = self.files[file_id]
            size = self.announced_sizes.get(file_id, len(content))
            return 200, {"ok": True, "result": {"file_id": file_id, "file_path": path, "file_size": size}}
        return 400, {"ok": False, "error_code": 400, "description": "Bad Request: wrong file_id"}


@contextmanager
def fake_telegram(token: str = "1:demo") -> Iterator[FakeTelegram]:
    """A fake that knows the bot of `token` alone, as Telegram answers every other one with 404."""
    fake = FakeTelegram()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            prefix = f"/bot{token}/"
            if not self.path.startswith(prefix):
                self._reply(404, json.dumps({"ok": False, "description": "Not Found"}).encode())
                return
            status, answer = fake.answer(self.path.removeprefix(prefix), json.loads(body or b"{}"))
            self._reply(status, json.dumps(answer).encode())

        def do_GET(self) -> None:
            fake.paths.append(self.path)
            wanted = unquote(self.path).removeprefix(f"/file/bot{token}/")
            content = next((content for path, content in fake.files.values() if path == wanted), None)
            self._reply(404 if content is None else 200, content or b"")

        def _reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
