"""File operations of a process counted, and one of them made to fail or to kill it.

Only tests use this: it puts itself between the program and `os`. A fault is `kind@n`:

kill@7     SIGKILL before the 7th operation
torn@7     half of the 7th write reaches the file, then SIGKILL; another operation is done first
power@7    the same as kill@7, and what was not synced is lost: cut off or zeros, from a random place
ENOSPC@7   the 7th operation fails; with `ENOSPC@7+` every write from then on
EIO@7
"""

import builtins
import errno
import io
import os
import random
import signal
from collections.abc import Callable
from typing import Any

WRITES = ("w", "a", "x")
OPERATIONS = ("fsync", "replace", "rename", "ftruncate", "unlink", "mkdir", "rmdir")
KILLS = ("kill", "torn", "power")


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
        self._unsynced = Unsynced(random.Random(self.at)) if kind == "power" else None

    def install(self) -> None:
        """Put counting in the place of the functions that write, sync, rename and remove."""
        for name in OPERATIONS:
            setattr(os, name, self._wrapped(name, getattr(os, name)))
        os.write = self._write(os.write)
        os.open = self._open(os.open)
        builtins.open = io.open = self._builtin_open(builtins.open)

    def end(self) -> None:
        """Strike no more."""
        self.at, self.onwards = -1, False

    def _hit(self, name: str) -> bool:
        if os.getpid() != self._pid:
            return False
        self.count += 1
        self.names.append(name)
        return self.count == self.at or (
            self.onwards and self.count > self.at and name in {"write", "open", "mkdir"})

    def _wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **keywords: Any) -> Any:
            hit = self._hit(name)
            if hit and self.kind != "torn":
                self._strike()
            try:
                result = function(*args, **keywords)
            finally:
                if hit:
                    self._strike()
            if self._unsynced and name in {"fsync", "ftruncate"}:
                self._unsynced.note(args[0])
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
            new = flags & os.O_CREAT
            if new and self._hit("open"):
                self._strike()
            handle = function(path, flags, *args, **keywords)
            if new and self._unsynced:
                self._unsynced.note(handle)
            return handle
        return wrapper

    def _builtin_open(self, function: Callable[..., Any]) -> Callable[..., Any]:
        faults = self

        class Raw(io.FileIO):
            def write(self, data: Any) -> int:
                if faults._hit("write"):
                    if faults.kind in {"torn", "ENOSPC"}:
                        super().write(bytes(data)[:len(data) // 2])
                    faults._strike()
                return super().write(data)

        def wrapper(file: Any, mode: str = "r", buffering: int = -1, encoding: str | None = None,
                    errors: str | None = None, newline: str | None = None, **others: Any) -> Any:
            if isinstance(file, int) or "+" in mode or not any(sign in mode for sign in WRITES):
                return function(file, mode, buffering, encoding, errors, newline, **others)
            if faults._hit("open"):
                faults._strike()
            raw = Raw(file, mode.replace("b", "").replace("t", ""))
            if faults._unsynced:
                faults._unsynced.note(raw.fileno())
            held = io.BufferedWriter(raw)
            return held if "b" in mode else io.TextIOWrapper(held, encoding, errors, newline)
        return wrapper

    def _strike(self) -> None:
        if self._unsynced:
            self._unsynced.lose()
        if self.kind in KILLS:
            os.kill(os.getpid(), signal.SIGKILL)
        code = getattr(errno, self.kind)
        raise OSError(code, os.strerror(code))


class Unsynced:
    """What a loss of power would take: all that was written to a file since it was last synced."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._open, self._cut, self._write = os.open, os.ftruncate, os.pwrite
        self._files: dict[tuple[int, int], tuple[int, int]] = {}

    def note(self, handle: int) -> None:
        """All of an open file is on the disk now."""
        state = os.fstat(handle)
        key = state.st_dev, state.st_ino
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            return
        own = (self._files[key][0] if key in self._files
               else self._open(f"/proc/self/fd/{handle}", os.O_WRONLY))
        self._files[key] = own, state.st_size

    def lose(self) -> None:
        """Lose what was not synced, from a random place on."""
        for own, synced in self._files.values():
            size = os.fstat(own).st_size
            if size <= synced:
                continue
            kept = self._rng.randint(synced, size)
            if self._rng.random() < 0.5:
                self._cut(own, kept)
            else:
                self._write(own, bytes(size - kept), kept)
