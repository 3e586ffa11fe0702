"""Runs among troubles: stopped anywhere, with anything changed before they go on."""

import contextlib
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tagger.annotation import find_inputs
from tagger.runs import work
from tagger.runs.journal import journal_of, part_of
from tagger.runs.records import Options
from tagger.runs.run import Done, Listener, Stopped, annotate_to, settings_for
from tagger.tagger import Tagger

SENTENCES = ("网格员每天走访群众，记下谁家有难处、谁家要帮忙。", "调解员化解了两家的矛盾纠纷，大家都很高兴。", "今年小麦又是丰收年，家家户户都很高兴。",
             "公安机关开展扫黑除恶专项斗争，群众拍手叫好。", "责任编辑：张三", "红袖标志愿者在街口巡逻，一天也没有落下过。")
OUTPUTS = [("out.jsonl", None), ("out.csv", None), ("out.html", None), ("out", "brat"), ("out.labelstudio.json", None),
           ("out.jsonl", "attributes"), ("out.jsonl.gz", None)]
SUFFIXES = (".txt", ".jsonl", ".csv", ".md", ".txt", ".jsonl", ".doc", ".html")

Chance = random.Random


def text(chance: Chance) -> str:
    return "\n\n".join(chance.choice(SENTENCES) + str(chance.randrange(5)) for _ in range(chance.randrange(1, 6)))


def content(suffix: str, chance: Chance) -> bytes:
    if chance.random() < 0.1:
        return b""
    if suffix == ".jsonl":
        return "".join("torn\n" if chance.random() < 0.1 else f'{{"text": "{chance.choice(SENTENCES)}{chance.randrange(9)}"}}\n'
                       for _ in range(chance.randrange(1, 25))).encode()
    if suffix == ".csv":
        return ("text,id\n" + "".join(f"{chance.choice(SENTENCES)},{chance.randrange(9)}\n" for _ in range(9))).encode()
    return text(chance).encode(chance.choice(("utf-8", "gb18030")))


class Scene:
    """An input folder, an output, options; what may happen to them."""

    def __init__(self, root: Path, chance: Chance, model: Tagger) -> None:
        self.root, self.chance, self.model = root, chance, model
        self.folder = root / "in"
        self.folder.mkdir()
        self.name, self.form = chance.choice(OUTPUTS)
        self.out = (self.folder if chance.random() < 0.3 else root) / self.name
        self.near = self.furniture = False
        self.options: dict[str, object] = {}
        for _ in range(chance.randrange(1, 8)):
            self.add()

    def file(self) -> Path | None:
        """One of the inputs."""
        found = [Path(name) for name in find_inputs([self.folder])
                 if Path(name).is_file() and not Path(name).is_relative_to(self.out) and not Path(name).name.startswith("out")]
        return self.chance.choice(found) if found else None

    def add(self) -> None:
        suffix = self.chance.choice(SUFFIXES)
        path = self.folder / f"{self.chance.randrange(100):02d}{suffix}"
        if not path.is_symlink():
            path.write_bytes(content(suffix, self.chance))

    def change(self) -> None:
        if file := self.file():
            file.unlink()
            file.write_bytes(content(file.suffix, self.chance))

    def grow(self) -> None:
        if file := self.file():
            with file.open("ab") as end:
                end.write(f"\n{self.chance.choice(SENTENCES)}\n".encode())

    def remove(self) -> None:
        if file := self.file():
            file.unlink()

    def rename(self) -> None:
        if file := self.file():
            file.rename(file.with_name(f"{self.chance.randrange(100):02d}{file.suffix}"))

    def swap(self) -> None:
        first, second = self.file(), self.file()
        if first and second and first.suffix == second.suffix and first != second:
            first.rename(self.root / "x")
            second.rename(first)
            (self.root / "x").rename(second)

    def turn_the_clock(self) -> None:
        if file := self.file():
            os.utime(file, (1, self.chance.choice((1, 4_000_000_000))))

    def link(self) -> None:
        if file := self.file():
            place = self.folder / f"{self.chance.randrange(100):02d}{file.suffix}"
            if not place.exists() and not place.is_symlink():
                place.symlink_to(self.chance.choice((file.name, "nowhere")))

    def cut_the_journal(self) -> None:
        self.cut(journal_of(self.out))

    def cut_the_part(self) -> None:
        self.cut(part_of(self.out))

    def cut(self, path: Path) -> None:
        if path.exists():
            data = path.read_bytes()
            at = self.chance.randrange(len(data) + 1)
            path.write_bytes(data[:at] + self.chance.choice((b"", bytes(len(data) - at), b"\xff" * 9, b"\n", b'{"row":"finished"}\n')))

    def spoil_the_part(self) -> None:
        path = part_of(self.out)
        if path.exists() and (data := bytearray(path.read_bytes())):
            data[self.chance.randrange(len(data))] ^= 1 << self.chance.randrange(8)
            path.write_bytes(data)

    def lose_the_part(self) -> None:
        part_of(self.out).unlink(missing_ok=True)

    def lose_the_journal(self) -> None:
        journal_of(self.out).unlink(missing_ok=True)

    def other_options(self) -> None:
        self.near = self.chance.random() < 0.3
        self.furniture = self.chance.random() < 0.3
        self.options = {"jobs": self.chance.choice((1, 1, 2)), "skip_repeats": self.chance.random() < 0.3,
                        "exclude": self.chance.choice(((), (), ("0*",), ("*.csv",)))}

    def happenings(self) -> list[Callable[[], None]]:
        return [self.add, self.change, self.grow, self.remove, self.rename, self.swap, self.turn_the_clock, self.link,
                self.cut_the_journal, self.cut_the_part, self.spoil_the_part, self.lose_the_part, self.lose_the_journal,
                self.other_options]

    def run(self, output: Path, progress: Callable[[Done], object], **more: object) -> None:
        annotate_to(output, find_inputs([self.folder]), self.model,
                    settings_for(self.model, None, furniture=self.furniture, near=self.near),
                    options=Options(form=self.form, **{**self.options, **more}), listener=Listener(progress))  # type: ignore[arg-type]

    def stopped_run(self) -> None:
        after = self.chance.randrange(0, 9)
        spoil = self.chance.random() < 0.3
        taken, parent = 0, os.getpid()

        def taking(collector: work._Collector, *args: object) -> None:
            nonlocal taken
            taken += 1
            if taken == 3 * after and os.getpid() == parent:
                raise KeyboardInterrupt
            take(collector, *args)  # type: ignore[arg-type]

        def progress(done: Done) -> None:
            if done.inputs == after and not spoil:
                raise KeyboardInterrupt

        take = work._Collector.take
        with pytest.MonkeyPatch.context() as patch:
            if spoil and self.options.get("jobs", 1) == 1:
                patch.setattr(work._Collector, "take", taking)
            with contextlib.suppress(Stopped):
                self.run(self.out, progress, force=True)

    def published(self, output: Path) -> dict[str, bytes]:
        """What stands under the output's name, and beside it."""
        stem = output.name.partition(".")[0]
        found = [*output.parent.glob(f"{stem}*"), *output.parent.glob(f"{stem}*/**/*")]
        return {str(path.relative_to(output.parent)): path.read_bytes() for path in sorted(found) if path.is_file()}


@pytest.mark.parametrize("seed", range(int(os.environ.get("TROUBLES", "40"))))
def test_whatever_happens_the_end_is_that_of_a_run_to_which_nothing_did(seed: int, tmp_path: Path, model: Tagger,
                                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(work, "BATCH_LETTERS", chance.choice((1, 100, 50_000)))
    monkeypatch.setattr(work, "PIECE_BYTES", chance.choice((1, 2_000, 2_000_000)))
    monkeypatch.setattr("tagger.writing.html.PAGE_DOCUMENTS", 3)
    scene = Scene(tmp_path, chance, model)
    for _ in range(chance.randrange(1, 5)):
        scene.stopped_run()
        for happening in chance.choices(scene.happenings(), k=chance.randrange(0, 4)):
            happening()
    scene.run(scene.out, lambda _: None, force=True)
    if chance.random() < 0.5 and journal_of(scene.out).exists():
        scene.change()
        if scene.chance.random() < 0.5:
            scene.run(scene.out, lambda _: None, retry_failures=True)
        else:
            scene.run(scene.out, lambda _: None, force=True)
    scene.run(tmp_path / "clean" / scene.name, lambda _: None)
    expected, found = scene.published(tmp_path / "clean" / scene.name), scene.published(scene.out)
    if not (tmp_path / "clean" / scene.name).exists():  # nothing could be read: what stood there before stays
        found = {name: data for name, data in found.items() if name in expected}
    assert found == expected
    hidden = {path.name for path in scene.out.parent.iterdir() if path.name.startswith(".")}
    assert hidden <= {f".{scene.name}.part", f".{scene.name}.journal"}
