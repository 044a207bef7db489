"""One file over HTTP, in as many attempts as it takes, each going on where the last broke off.

What has come lies in ``<file>.part``; beside it ``<file>.part.json`` keeps what the server said
the file is (ETag or Last-Modified), which is sent back as If-Range: a server whose file has
changed since, or that knows no ranges, answers with the whole file and it is begun anew.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from earmark.datasets._disk import in_words, need_room
from earmark.errors import DataError

if TYPE_CHECKING:
    import requests

Progress = Callable[[str, int, "int | None"], None]  # (what, bytes done, bytes in all if known)
ATTEMPTS = 4  # in a row that bring nothing
WAIT_SECONDS = 1.0  # doubled each time
_PATIENCE_SECONDS = (15, 60)  # to connect, and between two pieces
_PIECE_BYTES = 1 << 18
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
# Compressed on the way, bytes could not be counted.
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "earmark"}
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_SAID = {
    401: "asks for an account", 403: "refuses it", 404: "has no such file",
    410: "has the file no longer", 451: "may not give it out",
}  # fmt: skip


class _Broken(Exception):
    """An attempt that failed in a way that may pass; the text says how."""


class Transfer:
    """Brings one file to its ``.part``.

    Args:
        url: its address, http or https.
        target: where the file is to lie in the end.
        size: its size in bytes where published.
        verified: whether a checksum is known, so that pieces of which the server says nothing
            may be put together all the same.
    """

    def __init__(
        self, url: str, target: Path, size: int | None, verified: bool,
        progress: Progress | None = None,
    ) -> None:  # fmt: skip
        self.url, self.target, self.size, self.verified = url, target, size, verified
        self.progress = progress
        self.part = target.with_name(target.name + ".part")
        self.facts_path = target.with_name(target.name + ".part.json")

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        """Download as pooch asks its downloaders to: to a temporary file of its own.

        Raises:
            DataError: in one line, what keeps the file from coming.
        """
        self.run()
        self.part.replace(output_file)
        self.facts_path.unlink(missing_ok=True)

    def run(self) -> None:
        """Fill the ``.part``, with pauses between attempts."""
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise DataError(f"{self.url}: is no http or https address; only those are fetched.")
        failures, wait = 0, WAIT_SECONDS
        while True:
            had = self._had()
            try:
                self._attempt()
                return
            except _Broken as error:
                failures = 1 if self._had() > had else failures + 1
                if failures >= ATTEMPTS:
                    raise DataError(self._given_up(str(error))) from error
                time.sleep(wait)
                wait = WAIT_SECONDS if self._had() > had else 2 * wait

    def _given_up(self, reason: str) -> str:
        had = self._had()
        if not had:
            return f"{self.url}: {reason}; check the network and run the same command again."
        return (f"{self.url}: {reason}; {in_words(had)} are kept in {self.part.name}: run the same "
                "command again to go on from there.")

    def _attempt(self) -> None:
        import requests
        import urllib3

        try:
            with requests.Session() as session:
                self._receive(session)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise self._explained(error) from error
        except OSError as error:
            said = error.strerror or error
            raise DataError(f"{self.part}: cannot be written: {said}.") from error

    def _receive(self, session: requests.Session) -> None:
        had = self._had()
        with session.get(
            self.url, headers=self._headers(had), stream=True, timeout=_PATIENCE_SECONDS
        ) as answer:
            self._check_address(answer)
            if answer.status_code == 416 and had:
                self._settle_full(answer, had)
                return
            self._check_status(answer)
            self._check_kind(answer)
            start = self._start(answer, had)
            total = _total(answer, start)
            self._check_size(total)
            self._keep_facts(answer, start, total)
            need_room(self.part.parent, (total or 0) - start, f"fetching {self.target.name}")
            self._store(answer, start, total)

    def _headers(self, had: int) -> dict[str, str]:
        headers = dict(_HEADERS)
        facts = self._facts()
        known = facts.get("validator")
        if had and facts.get("url") == self.url and (known or self.verified):
            headers["Range"] = f"bytes={had}-"
            if known:
                headers["If-Range"] = known
        return headers

    def _check_address(self, answer: requests.Response) -> None:
        if self.url.startswith("https:") and not answer.url.startswith("https:"):
            raise DataError(f"{self.url}: leads on to {answer.url}, which is not encrypted; it is "
                            "not followed.")

    def _check_status(self, answer: requests.Response) -> None:
        code = answer.status_code
        if code in _PASSING:
            raise _Broken(f"the server answers {code} ({answer.reason})")
        if code not in (200, 206):
            said = _SAID.get(code, f"answers {answer.reason or 'strangely'}")
            raise DataError(f"{self.url}: the server {said} (status {code}); see where the dataset "
                            "is to be had (earmark data layout), or name a mirror with --from.")

    def _check_kind(self, answer: requests.Response) -> None:
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        if is_page and self.target.suffix not in (".html", ".htm"):
            raise DataError(f"{self.url}: the server sends a page in place of the file; open the "
                            "address in a browser to see what it asks for.")

    def _start(self, answer: requests.Response, had: int) -> int:
        """Return from which byte on the answer holds the file."""
        if answer.status_code == 200:
            return 0
        match = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        # Some servers send the range of a changed file in spite of If-Range.
        if match is None or int(match[1]) != had or self._differs(answer):
            self._forget()
            raise _Broken("the file on the server has changed")
        return had

    def _differs(self, answer: requests.Response) -> bool:
        facts = self._facts()
        pairs = ((facts.get("validator"), _validator(answer)),
                 (facts.get("bytes"), _total(answer, self._had())))
        return any(old is not None and new is not None and old != new for old, new in pairs)

    def _settle_full(self, answer: requests.Response, had: int) -> None:
        """Take the ``.part`` for whole where the server says that there is no more."""
        if answer.headers.get("Content-Range", "") != f"bytes */{had}":
            self._forget()
            raise _Broken("the file on the server has changed")
        self._tell(had, had)

    def _check_size(self, total: int | None) -> None:
        # Where there is a checksum, that alone decides: sizes are often given by hand.
        if not self.verified and None not in (self.size, total) and total != self.size:
            raise DataError(f"{self.url}: has {total} bytes on the server where {self.size} are "
                            "published: it is another file; nothing is fetched.")

    def _store(self, answer: requests.Response, start: int, total: int | None) -> None:
        done = start
        self._tell(done, total)
        with self.part.open("ab" if start else "wb") as file:
            # As on the server's disk: a .tar.gz sent as "encoded" must not lose its .gz.
            for piece in answer.raw.stream(_PIECE_BYTES, decode_content=False):
                file.write(piece)
                done += len(piece)
                self._tell(done, total)
        if total is not None and done < total:
            raise _Broken(f"the connection broke off after {in_words(done)} of {in_words(total)}")
        self._tell(done, done)

    def _tell(self, done: int, total: int | None) -> None:
        if self.progress is not None:
            self.progress(self.target.name, done, total)

    def _had(self) -> int:
        return self.part.stat().st_size if self.part.is_file() else 0

    def _facts(self) -> dict[str, Any]:
        try:
            facts = json.loads(self.facts_path.read_text("utf-8"))
        except (OSError, ValueError):  # begun anew without
            return {}
        return facts if isinstance(facts, dict) else {}

    def _keep_facts(self, answer: requests.Response, start: int, total: int | None) -> None:
        if not start:  # else a kill just now would leave old bytes under new facts
            self.part.unlink(missing_ok=True)
        facts = {"url": self.url, "validator": _validator(answer), "bytes": total}
        self.facts_path.write_text(json.dumps(facts), "utf-8")

    def _forget(self) -> None:
        for path in (self.part, self.facts_path):
            path.unlink(missing_ok=True)

    def _explained(self, error: Exception) -> Exception:
        """Say in words what requests or urllib3 said in classes; most of it may pass."""
        import requests
        import urllib3

        if isinstance(error, requests.exceptions.SSLError):
            return DataError(f"{self.url}: no safe connection can be made ({_reason(error)}); "
                             "nothing is fetched.")
        if isinstance(error, (requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL)):
            return DataError(f"{self.url}: leads to an address that is neither http nor https "
                             f"({_reason(error)}); it is not followed.")
        if isinstance(error, requests.TooManyRedirects):
            return DataError(f"{self.url}: leads from address to address without end.")
        if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
            return _Broken("the server does not answer in time")
        if self._had():
            return _Broken("the connection breaks off")
        return _Broken(f"the server cannot be reached ({_reason(error)})")


def sizes_on_server(urls: Sequence[str]) -> list[int | None]:
    """Return how large files are, as their servers say without sending them.

    None for a file of which nothing is said, and for all after a server that does not answer.
    """
    import requests

    found: list[int | None] = [None] * len(urls)
    with contextlib.suppress(requests.RequestException), requests.Session() as session:
        for k, url in enumerate(urls):
            answer = session.head(url, allow_redirects=True, timeout=_PATIENCE_SECONDS,
                                  headers=_HEADERS)
            found[k] = _total(answer, 0) if answer.ok else None
    return found


def _total(answer: requests.Response, start: int) -> int | None:
    """Return the size of the whole file where the answer says it."""
    if start and (match := _RANGE.fullmatch(answer.headers.get("Content-Range", ""))):
        return None if match[2] == "*" else int(match[2])
    length = answer.headers.get("Content-Length", "")
    return start + int(length) if length.isascii() and length.isdigit() else None


def _validator(answer: requests.Response) -> str | None:
    """Return what tells this version of the file from others, byte by byte."""
    etag = answer.headers.get("ETag", "")
    if etag.startswith('"'):  # a weak one, W/"...", may not be used with ranges
        return str(etag)
    modified = answer.headers.get("Last-Modified")
    return str(modified) if modified else None


def _reason(error: BaseException) -> str:
    """Return the innermost cause's own words."""
    seen: Iterator[BaseException] = _causes(error)
    return str(list(seen)[-1]).partition("\n")[0][:200]


def _causes(error: BaseException) -> Iterator[BaseException]:
    for _ in range(10):
        yield error
        inner = getattr(error, "reason", None) or error.__cause__ or error.__context__
        if not isinstance(inner, BaseException):
            return
        error = inner
