"""Tagger <-> models/<name>/: a folder of plain data, checked before anything is built.

manifest.json     versions, themes and decisions, settings, training data, hashes
codebook.json     the codebook that the labels follow
terms.txt         one term a line, in the order of the rows of the weights
crossings.txt     strings in which a term's letters belong to other words: 协|调解|决
weights.npy       float32, shape (2, terms, themes): in the strongest sentence, in the text
interactions.txt  a keyword and a term with a weight of their own in one sentence: 纠纷|法院
interactions.npy  float32, shape (interactions, themes): these weights
texts.npy         uint64, sorted hashes of the training texts, by which evaluation can tell
                  whether gold was among them
"""

import hashlib
import io
import math
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from tokenize import TokenError
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tagger.errors import ModelError, OutputError
from tagger.interactions import Interactions
from tagger.tagger import Tagger, Theme
from tagger.terms import Crossing, Terms

FORMAT = 3
# what a tagger is built from
TAGGING = ("crossings.txt", "interactions.npy", "interactions.txt", "terms.txt", "weights.npy")
FILES = ("codebook.json", "texts.npy", *TAGGING)
MAX_LETTERS = 1000  # of a line; the words of a term have a few
MAX_BYTES = 64_000_000  # of one file; the shipped model has less than 1 MB in all


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model says of itself."""

    format: int
    name: str
    version: str
    tagger: str
    themes: tuple[Theme, ...]
    variants: dict[str, str]
    segmenter: dict[str, str]
    training: dict[str, Any]
    figures: dict[str, Any]
    files: dict[str, str]


def shipped() -> Path:
    """Folder of the model that comes with the package."""
    inside = Path(__file__).parent / "models" / "governance"
    return inside if inside.is_dir() else Path(__file__).parents[1] / "models" / "governance"


def load(path: str | os.PathLike[str] | None = None) -> Tagger:
    """The tagger of a model folder; the shipped one if none is named.

    Nothing in the folder is executed. Raises ModelError if a file is missing, changed,
    truncated, too large or of another format.
    """
    folder = shipped() if path is None else Path(path)
    manifest = read_manifest(folder)
    content = {name: _read(folder, name, manifest.files.get(name)) for name in TAGGING}
    terms = _terms(folder, content["terms.txt"])
    crossings = _crossings(folder, content["crossings.txt"], set(terms))
    themes = len(manifest.themes)
    weights = _weights(folder, "weights.npy", content, (2, len(terms), themes))
    pairs = _pairs(folder, content["interactions.txt"], terms)
    interactions = Interactions(
        pairs, _weights(folder, "interactions.npy", content, (len(pairs), themes)))
    return Tagger(f"{manifest.name}@{manifest.version}", manifest.themes,
                  Terms(terms, manifest.variants, crossings), weights, interactions)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a model folder. Raises ModelError if it cannot be used."""
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such model folder; `tagger train LABELS -o {folder}` "
                         "makes one")
    data = _read(folder, "manifest.json", None)
    try:
        found = msgspec.json.decode(data)
        form = found.get("format") if isinstance(found, dict) else None
        if form != FORMAT:
            raise ModelError(f"{folder}: format {form!r}, but this version reads format "
                             f"{FORMAT}; train the model again")
        manifest = msgspec.convert(found, Manifest)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ModelError(f"{folder}/manifest.json: {error}; train the model again") from None
    _check(folder, manifest)
    return manifest


def read_codebook(folder: Path) -> bytes:
    """The codebook of a model folder, as JSON. Raises ModelError if it is missing or changed."""
    return _read(folder, "codebook.json", read_manifest(folder).files.get("codebook.json"))


def read_fingerprints(folder: Path) -> NDArray[np.uint64]:
    """Hashes of the texts that a model was trained on, shape (hashes,).

    Raises ModelError if they are missing, changed or no hashes.
    """
    name = "texts.npy"
    found = _array(folder, name, _read(folder, name, read_manifest(folder).files.get(name)))
    if found.dtype != np.uint64 or found.ndim != 1:
        raise ModelError(f"{folder}/{name}: {found.dtype} {found.shape} is not a list of hashes")
    return found


def _check(folder: Path, manifest: Manifest) -> None:
    ids = [theme.id for theme in manifest.themes]
    if not ids or len(set(ids)) < len(ids):
        raise ModelError(f"{folder}/manifest.json: themes must be different and at least one")
    for theme in manifest.themes:
        low, high = theme.unsure
        if not (np.isfinite(theme.bias) and 0 <= low <= theme.threshold <= high <= 1):
            raise ModelError(f"{folder}/manifest.json: theme `{theme.id}` has bias {theme.bias}, "
                             f"threshold {theme.threshold}, unsure {theme.unsure}")
    for letter, simple in manifest.variants.items():
        if not (len(letter) == len(simple) == 1 and ord(letter) < 0x10000):
            raise ModelError(f"{folder}/manifest.json: variant {letter!r} -> {simple!r} is not "
                             "one letter for one")


def _read(folder: Path, name: str, sha256: str | None) -> bytes:
    path = folder / name
    try:
        size = path.stat().st_size
        if not path.is_file() or size > MAX_BYTES:
            raise ModelError(f"{path}: {size:,} bytes or no plain file; at most {MAX_BYTES:,} "
                             "bytes are read")
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}; the model is not complete") from None
    if name != "manifest.json" and hashlib.sha256(data).hexdigest() != sha256:
        raise ModelError(f"{path}: changed or truncated since training (its hash is not the one "
                         "in manifest.json); train the model again or fetch it anew")
    return data


def _lines(folder: Path, name: str, data: bytes) -> list[str]:
    try:
        lines = data.decode("utf-8").split("\n")[:-1]
    except UnicodeDecodeError:
        raise ModelError(f"{folder}/{name}: not UTF-8") from None
    if not all(lines) or len(set(lines)) < len(lines):
        raise ModelError(f"{folder}/{name}: empty or repeated lines")
    if max(map(len, lines), default=0) > MAX_LETTERS:
        raise ModelError(f"{folder}/{name}: a line has more than {MAX_LETTERS:,} letters")
    return lines


def _terms(folder: Path, data: bytes) -> list[str]:
    terms = _lines(folder, "terms.txt", data)
    if any("\x00" in term or "|" in term for term in terms):
        raise ModelError(f"{folder}/terms.txt: a term holds NUL or |")
    return terms


def _crossings(folder: Path, data: bytes, terms: set[str]) -> list[Crossing]:
    parts = [line.split("|") for line in _lines(folder, "crossings.txt", data)]
    if any(len(part) != 3 or part[1] not in terms for part in parts):
        raise ModelError(f"{folder}/crossings.txt: a line is not before|term|after with a term "
                         "of terms.txt")
    return [Crossing(*part) for part in parts]


def _pairs(folder: Path, data: bytes, terms: Sequence[str]) -> NDArray[np.int64]:
    numbers = {term: number for number, term in enumerate(terms)}
    pairs = [line.split("|") for line in _lines(folder, "interactions.txt", data)]
    if any(len(pair) != 2 or not numbers.keys() >= {*pair} for pair in pairs):
        raise ModelError(f"{folder}/interactions.txt: a line is not keyword|term, both of "
                         "terms.txt")
    return np.array([[numbers[term] for term in pair] for pair in pairs],
                    dtype=np.int64).reshape(-1, 2)


def _weights(folder: Path, name: str, content: Mapping[str, bytes],
             shape: tuple[int, ...]) -> NDArray[Any]:
    weights = _array(folder, name, content[name])
    if weights.shape != shape or weights.dtype != np.float32 or not np.isfinite(weights).all():
        raise ModelError(f"{folder}/{name}: {weights.dtype} {weights.shape}, but finite "
                         f"float32 {shape} goes with the other files")
    return np.asarray(weights, dtype=np.float64)


def _array(folder: Path, name: str, data: bytes) -> NDArray[Any]:
    try:
        _check_size(data)
        found: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError, OverflowError, MemoryError, RecursionError,
            TokenError):
        raise ModelError(f"{folder}/{name}: not an array of numbers") from None
    return found


def _check_size(data: bytes) -> None:
    """Raise ValueError if a header claims more than follows it: numpy takes that memory first."""
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):  # the others are for headers over 65,535 bytes
        raise ValueError
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.itemsize == 0 or math.prod(shape) * dtype.itemsize > len(data) - file.tell():
        raise ValueError


def save(folder: Path, manifest: Manifest, terms: Sequence[str], crossings: Sequence[Crossing],
         weights: NDArray[Any], interactions: Interactions, texts: NDArray[np.uint64],
         codebook: bytes, *, force: bool = False) -> None:
    """Write a model folder: beside its place first, then moved there whole.

    Raises OutputError if the folder exists and is not to be replaced, or holds other files.
    """
    content = {"codebook.json": codebook, "weights.npy": _npy(weights.astype("<f4")),
               "interactions.npy": _npy(interactions.weights.astype("<f4")),
               "interactions.txt": "".join(f"{terms[keyword]}|{terms[other]}\n" for keyword, other
                                           in interactions.pairs.tolist()).encode(),
               "texts.npy": _npy(texts.astype("<u8")),
               "terms.txt": "".join(f"{term}\n" for term in terms).encode(),
               "crossings.txt": "".join(f"{crossing.before}|{crossing.term}|{crossing.after}\n"
                                        for crossing in crossings).encode()}
    hashes = {name: hashlib.sha256(content[name]).hexdigest() for name in FILES}
    plain = msgspec.to_builtins(msgspec.structs.replace(manifest, files=hashes))
    content["manifest.json"] = msgspec.json.format(msgspec.json.encode(plain), indent=2) + b"\n"
    _refuse(folder, force=force)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        beside.chmod(0o755)
        for name, data in content.items():
            (beside / name).write_bytes(data)
        if folder.exists():
            shutil.rmtree(folder)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _refuse(folder: Path, *, force: bool) -> None:
    if not folder.exists():
        return
    if not force:
        raise OutputError(f"{folder} exists; --force replaces it")
    others = sorted({path.name for path in folder.iterdir()} - {*FILES, "manifest.json"}) \
        if folder.is_dir() else ["(not a folder)"]
    if others:
        raise OutputError(f"{folder} holds what is no part of a model: {', '.join(others[:5])}; "
                          "name another folder")
