"""An event loop in a thread of its own, so that plain calls work everywhere, inside a running loop (Jupyter) too."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Runs coroutines for callers that are none; starts its thread when first used."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end and return its result; an interrupt cancels it."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._started())
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="cascadener-chat", daemon=True)
                self._thread.start()
                weakref.finalize(self, stop, self._loop)
            return self._loop

    def close(self) -> None:
        """End the thread; it starts anew if it is used again."""
        with self._lock:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        stop(loop)
        thread.join(timeout=5)
        if not thread.is_alive():
            loop.close()


def stop(loop: asyncio.AbstractEventLoop) -> None:
    """Stop a loop that runs in another thread."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(loop.stop)
