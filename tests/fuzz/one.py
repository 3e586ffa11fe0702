"""One target under libFuzzer. Bytes that break a promise are left as a file.

Native parsers (libxml2, PDFium, Arrow, libyaml) are not measured for coverage, all else is.
"""

import atexit
import importlib
import resource
import signal
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import atheris

with atheris.instrument_imports(
        include=["tagger", "zipfile", "tarfile", "gzip", "warcio", "docx", "markdown_it", "yaml",
                 "frontmatter", "json"], enable_loader_override=False):
    from tagger.reading import SUFFIXES

    for module in sorted(set(SUFFIXES.values())):
        importlib.import_module(f"tagger.reading.{module}")
    from .targets import TARGETS

SECONDS = 5
BYTES = 1 << 31  # that a worker may take; what asks for more is refused it, as there
USAGE = f"""\
usage: python -m tests.fuzz all
       python -m tests.fuzz TARGET [OPTION...]
targets: {", ".join(TARGETS)}
options: libFuzzer's, such as -atheris_runs=10000 or -seed=1, or a file to try again"""


class _Any:
    """Holds everything."""

    def __contains__(self, _: object) -> bool:
        return True


def _without_sums() -> None:
    """Sums of the content would stop nearly every change before it reaches a reader."""
    zipfile.ZipExtFile._update_crc = lambda *_: None  # type: ignore[attr-defined]
    tarfile.calc_chksums = lambda _: _Any()  # type: ignore[attr-defined]


def main() -> None:
    """Fuzz the target that the command names."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(USAGE)
    target = TARGETS[sys.argv[1]]
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(target.seeds()):
            Path(folder, str(number)).write_bytes(seed)
        _without_sums()
        # libFuzzer's alarm goes on while Python ends, and would kill it then
        atexit.register(signal.signal, signal.SIGALRM, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_DATA, (BYTES, BYTES))
        files = [word for word in sys.argv[2:] if not word.startswith("-")]
        # native parsers give no coverage to keep inputs whole by
        options = [f"-timeout={SECONDS}", f"-rss_limit_mb={BYTES >> 20}", f"-max_len={target.longest}",
                   "-malloc_limit_mb=1000000", "-use_value_profile=1", "-keep_seed=1", "-len_control=0", "-reduce_inputs=0",
                   *sys.argv[2:], *([] if files else [folder])]
        atheris.Setup([sys.argv[0], *options], target.check)
        atheris.Fuzz()
