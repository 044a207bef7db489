"""A small web server for tests of downloads: with ranges or without, and with every fault."""

import contextlib
import hashlib
import http.server
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Site:
    """What the server gives, and how.

    Attributes:
        files: path without ``/`` to content.
        cut_after: bytes of an answer after which the connection is dropped, one a request.
        statuses: answers in place of the file, one a request.
        moved: path to the address that it leads on to.
        asked: of each GET, its path and its Range.
    """

    files: dict[str, bytes]
    ranges: bool = True
    heeds_if_range: bool = True
    validator: str | None = "etag"  # etag, modified, weak or None
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""

    def validating(self, content: bytes) -> dict[str, str]:
        digits = hashlib.sha256(content).hexdigest()
        if self.validator == "modified":
            seconds = int(digits[:6], 16) % 60
            return {"Last-Modified": f"Mon, 01 Jan 2024 00:00:{seconds:02d} GMT"}
        etag = {"etag": f'"{digits[:16]}"', "weak": f'W/"{digits[:16]}"'}.get(self.validator or "")
        return {"ETag": etag} if etag else {}


@contextlib.contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serve on a free port of this machine while the block runs."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            site.asked.append((self.path.lstrip("/"), self.headers["Range"]))
            self._answer(body=True)

        def _answer(self, body: bool) -> None:
            path = self.path.lstrip("/")
            if path in site.moved:
                self._say(302, {"Location": site.moved[path], "Content-Length": "0"})
            elif body and site.statuses and (status := site.statuses.pop(0)) != 200:
                self._say(status, {"Content-Length": "0"})
            elif path not in site.files:
                self._say(404, {"Content-Length": "0"})
            else:
                self._give(site.files[path], body)

        def _give(self, content: bytes, body: bool) -> None:
            facts = {**site.validating(content), **site.headers}
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
            condition = self.headers["If-Range"]
            same = condition in (None, *facts.values()) or not site.heeds_if_range
            if asked is None or not site.ranges or not same:
                self._say(200, {"Content-Length": str(len(content)), **facts})
                self._send(content if body else b"")
            elif (start := int(asked[1])) >= len(content):
                self._say(416, {"Content-Range": f"bytes */{len(content)}", "Content-Length": "0"})
            else:
                span = f"bytes {start}-{len(content) - 1}/{len(content)}"
                rest = content[start:]
                self._say(206, {"Content-Range": span, "Content-Length": str(len(rest)), **facts})
                self._send(rest)

        def _say(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def _send(self, content: bytes) -> None:
            if site.cut_after and content:
                content = content[: site.cut_after.pop(0)]
                self.close_connection = True
            with contextlib.suppress(OSError):  # the client has left
                self.wfile.write(content)

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: Any) -> None:
            """Say nothing of what is no HTTP."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        site.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
