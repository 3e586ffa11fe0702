"""File operations of a process counted, and one of them made to fail or to kill it.

Only tests use this: it puts itself between the program and `os`. A fault is `kind@n`:

kill@7     SIGKILL before the 7th operation
torn@7     half of the 7th write reaches the file, then SIGKILL; another operation is done first
ENOSPC@7   the 7th operation fails; with `ENOSPC@7+` every write from then on
EIO@7
"""

import builtins
import errno
import io
import os
import signal
from collections.abc import Callable
from typing import Any

WRITES = ("w", "a", "x", "+")


class Faults:
    """Counts operations of this process, and does one fault."""

    def __init__(self, fault: str = "") -> None:
        kind, _, at = fault.partition("@")
        self.kind = kind
        self.onwards = at.endswith("+")
        self.at = int(at.rstrip("+") or 0)
        self.count = 0
        self.names: list[str] = []
        self._pid = os.getpid()

    def install(self) -> None:
        """Put counting in the place of the functions that write, sync, rename and remove."""
        for name in ("fsync", "replace", "rename", "ftruncate", "unlink"):
            setattr(os, name, self._wrapped(name, getattr(os, name)))
        os.write = self._write(os.write)
        os.open = self._open(os.open)
        builtins.open = io.open = self._builtin_open(builtins.open)

    def _hit(self, name: str) -> bool:
        if os.getpid() != self._pid:
            return False
        self.count += 1
        self.names.append(name)
        return self.count == self.at or (
            self.onwards and self.count > self.at and name in {"write", "open"})

    def _wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **keywords: Any) -> Any:
            hit = self._hit(name)
            if hit and self.kind != "torn":
                self._strike()
            result = function(*args, **keywords)
            if hit:
                self._strike()
            return result
        return wrapper

    def _write(self, function: Callable[[int, Any], int]) -> Callable[[int, Any], int]:
        def wrapper(handle: int, data: Any) -> int:
            if self._hit("write"):
                if self.kind in {"torn", "ENOSPC"}:
                    function(handle, bytes(data)[:len(data) // 2])
                self._strike()
            return function(handle, data)
        return wrapper

    def _open(self, function: Callable[..., int]) -> Callable[..., int]:
        def wrapper(path: Any, flags: int, *args: Any, **keywords: Any) -> int:
            if flags & os.O_CREAT and self._hit("open"):
                self._strike()
            return function(path, flags, *args, **keywords)
        return wrapper

    def _builtin_open(self, function: Callable[..., Any]) -> Callable[..., Any]:
        faults = self

        class Raw(io.FileIO):
            def write(self, data: Any) -> int:
                if faults._hit("write"):
                    faults._strike()
                return super().write(data)

        def wrapper(file: Any, mode: str = "r", *args: Any, **keywords: Any) -> Any:
            if isinstance(file, int) or "b" not in mode or not any(sign in mode for sign in WRITES):
                return function(file, mode, *args, **keywords)
            if faults._hit("open"):
                faults._strike()
            return io.BufferedWriter(Raw(file, mode.replace("b", "")))
        return wrapper

    def _strike(self) -> None:
        if self.kind in {"kill", "torn"}:
            os.kill(os.getpid(), signal.SIGKILL)
        code = getattr(errno, self.kind)
        raise OSError(code, os.strerror(code))
