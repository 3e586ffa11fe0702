"""Ctrl-C: pressed once, a run ends in good order; pressed again, at once.

A run loses nothing by being killed: what lies about is removed when it goes on.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator

STATUS = 130
_AT_ONCE = b"\ntagger: stopped at once; what is done is kept, and the same command goes on\n"
_SHOW_CURSOR = b"\x1b[?25h"  # a progress bar hides it


@contextlib.contextmanager
def stopping() -> Iterator[None]:
    """Raise KeyboardInterrupt for the first Ctrl-C within the block, and end at the second.

    Where Ctrl-C is ignored, as it is by what a shell runs in the background, it stays so.
    """
    before = signal.getsignal(signal.SIGINT)
    if (before in {signal.SIG_IGN, None}
            or threading.current_thread() is not threading.main_thread()):
        yield
        return
    signal.signal(signal.SIGINT, _first)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is _first:
            signal.signal(signal.SIGINT, before)


def _first(*_: object) -> None:
    signal.signal(signal.SIGINT, _second)
    raise KeyboardInterrupt


def _second(*_: object) -> None:
    with contextlib.suppress(OSError):
        os.write(2, _AT_ONCE + (_SHOW_CURSOR if sys.stderr.isatty() else b""))
    os._exit(STATUS)
