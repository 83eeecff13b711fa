"""Bounds that uvicorn does not set: how large a request's head may be, and how long it may take.

What comes after the head is bounded in `reading`.
"""

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX = 64 * 1024
HEAD_SECONDS_MAX = 10.0


class GuardedProtocol(HttpToolsProtocol):
    """Closes a connection whose request does not get past its head. A whole request in one
    piece, which is nearly every one, starts no timer."""

    _reading_head = True
    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._reading_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES_MAX:
            self.transport.close()
        elif self._deadline is None:
            self._start_deadline()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reading_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        self._reading_head = False
        self._stop_deadline()
        super().on_headers_complete()

    def _start_deadline(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS_MAX, self.transport.close)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
