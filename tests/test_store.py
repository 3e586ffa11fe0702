"""Models on disk: what is saved is loaded, and nothing damaged or hostile is used."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tagger.errors import ModelError, OutputError
from tagger.interactions import Interactions
from tagger.store import FILES, load, read_codebook, read_fingerprints, save, shipped
from tagger.tagger import Tagger


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped model, to be damaged."""
    return Path(shutil.copytree(shipped(), tmp_path / "model"))


def test_a_copy_tags_like_the_original(folder: Path, model: Tagger) -> None:
    text = "网格员和调解员化解了矛盾纠纷。"
    assert load(folder).tag(text) == model.tag(text)


def read_all(folder: Path) -> None:
    load(folder)
    read_codebook(folder)
    read_fingerprints(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_changed_truncated_or_missing_file_is_refused(name: str, folder: Path) -> None:
    path = folder / name
    whole = path.read_bytes()
    for data in (whole[:-1], whole + b" ", bytes([whole[0] ^ 1]) + whole[1:]):
        path.write_bytes(data)
        with pytest.raises(ModelError, match=f"{name}: changed or truncated"):
            read_all(folder)
    path.unlink()
    with pytest.raises(ModelError, match=f"{name}.*not complete"):
        read_all(folder)


MANIFESTS = [
    (lambda m: m.update(format=99), "format 99"),
    (lambda m: m.pop("themes"), "themes"),
    (lambda m: m.update(themes=[]), "at least one"),
    (lambda m: m["themes"].append(m["themes"][0]), "different"),
    (lambda m: m["themes"][0].update(threshold=7), "threshold 7"),
    (lambda m: m["themes"][0].update(bias="x"), "bias"),
    (lambda m: m.update(variants={"調解": "调"}), "not one letter for one"),
    (lambda m: m.update(extra=1), "extra"),
]


@pytest.mark.parametrize(("change", "message"), MANIFESTS)
def test_a_manifest_that_does_not_fit_is_refused(change: object, message: str,
                                                 folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    change(manifest)  # type: ignore[operator]
    path.write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ModelError, match=message):
        load(folder)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff\xfe", b'{"format": 1}', b"[" * 100_000])
def test_a_manifest_that_is_no_manifest_is_refused(data: bytes, folder: Path) -> None:
    (folder / "manifest.json").write_bytes(data)
    with pytest.raises(ModelError):
        load(folder)


def rehash(folder: Path, name: str, data: bytes) -> None:
    """Write a file and its hash, as a hostile author would."""
    import hashlib

    (folder / name).write_bytes(data)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["files"][name] = hashlib.sha256(data).hexdigest()
    path.write_text(json.dumps(manifest), "utf-8")


def npy(array: "np.ndarray[Any, Any]", **options: bool) -> bytes:
    import io

    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


class Harm:
    def __reduce__(self) -> Any:
        return (open, ("/tmp/tagger-was-run", "w"))  # noqa: S108


@pytest.mark.parametrize("data", [
    npy(np.zeros((3, 5), dtype=np.float32)),
    npy(np.zeros((3, 5))),
    npy(np.array([Harm()], dtype=object), allow_pickle=True),
    b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (99999999, 99999)}",
    b"no array",
])
def test_weights_that_do_not_fit_are_refused_and_never_run(data: bytes, folder: Path) -> None:
    rehash(folder, "weights.npy", data)
    with pytest.raises(ModelError, match=r"weights\.npy"):
        load(folder)
    assert not Path("/tmp/tagger-was-run").exists()  # noqa: S108


def test_nan_weights_are_refused(folder: Path, model: Tagger) -> None:
    rehash(folder, "weights.npy", npy(np.full(model.weights.shape, np.nan, dtype=np.float32)))
    with pytest.raises(ModelError, match="finite"):
        load(folder)


@pytest.mark.parametrize("data", ["甲\n甲\n", "甲\n\n", "甲|乙\n", "\x00\n", "甲" * 1001 + "\n"])
def test_terms_that_do_not_fit_are_refused(data: str, folder: Path) -> None:
    rehash(folder, "terms.txt", data.encode())
    with pytest.raises(ModelError):
        load(folder)


def test_crossings_of_unknown_terms_are_refused(folder: Path) -> None:
    rehash(folder, "crossings.txt", "协|没有这个词|决\n".encode())
    with pytest.raises(ModelError, match=r"crossings\.txt"):
        load(folder)


@pytest.mark.parametrize("line", ["纠纷|没有这个词\n", "纠纷\n", "纠纷|法院|调解\n", "纠纷|法院\n" * 2])
def test_interactions_that_do_not_fit_are_refused(line: str, folder: Path) -> None:
    rehash(folder, "interactions.txt", line.encode())
    with pytest.raises(ModelError, match=r"interactions\.txt"):
        load(folder)


def test_weights_of_other_interactions_are_refused(folder: Path) -> None:
    rehash(folder, "interactions.npy", npy(np.zeros((3, 5), dtype=np.float32)))
    with pytest.raises(ModelError, match=r"interactions\.npy"):
        load(folder)


def test_saving_never_replaces_unasked_nor_what_is_no_model(tmp_path: Path) -> None:
    from tagger.store import read_manifest

    manifest = read_manifest(shipped())
    other = tmp_path / "mine"
    other.mkdir()
    (other / "thesis.docx").write_text("years of work")
    weights = np.zeros((1, len(manifest.themes)))
    none = Interactions(np.empty((0, 2), dtype=np.int64), np.empty((0, len(manifest.themes))))
    texts = np.zeros(0, dtype=np.uint64)
    with pytest.raises(OutputError, match="--force"):
        save(other, manifest, ["甲"], [], weights, none, texts, b"{}")
    with pytest.raises(OutputError, match=r"thesis\.docx"):
        save(other, manifest, ["甲"], [], weights, none, texts, b"{}", force=True)
    assert (other / "thesis.docx").read_text() == "years of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]
