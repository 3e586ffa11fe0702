"""Whole commands, run as a user runs them."""

import csv
import gzip
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from conftest import ROOT

TAGGER = [sys.executable, "-c", "from tagger.cli import main; main()"]
REPORT = "网格员每天走访群众。\n\n调解员化解了两家的矛盾纠纷。\n\n今年小麦又是丰收年，大家都很高兴。\n"


def run(*arguments: str | Path, cwd: Path, stdin: bytes = b"",
        **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*TAGGER, *map(str, arguments)], cwd=cwd, input=stdin, check=False,
                          capture_output=True, env={**os.environ, **environment})
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(),
                                       done.stderr.decode())


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "my reports"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text(REPORT, "utf-8")
    (folder / "sub" / "b.txt").write_text(REPORT, "gb18030")
    return folder


def test_a_folder_becomes_json_lines(reports: Path, tmp_path: Path) -> None:
    done = run("annotate", reports.name, "-o", "out.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "2 of 2 inputs read, 6 paragraphs" in done.stderr
    found = records(tmp_path / "out.jsonl")
    assert [row["document"] for row in found] == ["my reports/a.txt"] * 3 + ["my reports/sub/b.txt"] * 3
    assert [row["themes"] for row in found[:3]] == [["grid"], ["mediation"], []]
    assert list(found[0]) == ["id", "document", "title", "index", "kind", "start", "end", "text",
                              "themes", "scores", "sure", "evidence", "model", "repeat_of"]
    assert "网格员" in (tmp_path / "out.jsonl").read_text("utf-8")
    ids = [row["id"] for row in found]
    assert ids[:3] == ids[3:]  # the same text has the same ids wherever it lies


def test_the_same_bytes_whatever_the_hash_seed(reports: Path, tmp_path: Path) -> None:
    outputs = []
    for seed in ("0", "1", "77"):
        done = run("annotate", reports, "-o", f"{seed}.jsonl.gz", cwd=tmp_path, PYTHONHASHSEED=seed)
        assert done.returncode == 0
        outputs.append((tmp_path / f"{seed}.jsonl.gz").read_bytes())
    assert outputs[0] == outputs[1] == outputs[2]
    assert gzip.decompress(outputs[0]).count(b"\n") == 6


def test_csv_opens_right_and_safe_in_a_spreadsheet(tmp_path: Path) -> None:
    (tmp_path / "=cmd.txt").write_text("=1+1，网格员说。\n\n@网格员说。\n", "utf-8")
    assert run("annotate", "=cmd.txt", "-o", "out.csv", cwd=tmp_path).returncode == 0
    data = (tmp_path / "out.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert [row["text"] for row in rows] == ["'=1+1，网格员说。", "'@网格员说。"]
    assert rows[0]["document"] == "'=cmd.txt"
    assert 0 < float(rows[0]["grid"]) <= 1


def test_some_failures_are_listed_and_the_rest_is_done(reports: Path, tmp_path: Path) -> None:
    (reports / "empty.txt").write_bytes(b"")
    (reports / "picture.png").write_bytes(b"\x89PNG")
    (reports / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0")
    done = run("annotate", reports, "-o", "out.jsonl", cwd=tmp_path)
    assert done.returncode == 3
    assert "2 of 5 inputs read" in done.stderr
    assert all(word in done.stderr for word in ("empty.txt", "picture.png", "unknown type", "docx"))
    assert len(records(tmp_path / "out.jsonl")) == 6


def test_names_that_a_terminal_would_obey_are_shown_harmless(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "\x1b[2J\n一.txt").write_text(REPORT, "utf-8")
    (tmp_path / "in" / "\x1b[2J二.txt").write_bytes(b"")
    done = run("annotate", "in", "-o", "out.jsonl", cwd=tmp_path)
    assert done.returncode == 3
    assert "\x1b" not in done.stderr
    assert done.stderr.count("\\x1b") == 2
    assert records(tmp_path / "out.jsonl")[0]["document"] == "in/\x1b[2J\n一.txt"


def test_nothing_could_be_done(tmp_path: Path) -> None:
    done = run("annotate", "nowhere.txt", "-o", "out.jsonl", cwd=tmp_path)
    assert done.returncode == 1
    assert "missing" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("arguments", "status", "message"), [
    (["annotate", "a.txt"], 2, "output"),
    (["annotate", "a.txt", "-o", "out.xyz"], 1, "known: .jsonl"),
    (["annotate", "a.txt", "-o", "out.jsonl", "--model", "none"], 1, "no such model folder"),
    (["evaluate"], 2, "name either LABELS"),
    (["frobnicate"], 2, "No such command"),
    (["train", "nowhere", "-o", "m"], 1, "no such file or folder"),
])
def test_wrong_calls_say_what_is_wrong(arguments: list[str], status: int, message: str,
                                       tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(REPORT, "utf-8")
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_an_output_is_replaced_only_by_force(reports: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("precious")
    done = run("annotate", reports, "-o", out, cwd=tmp_path)
    assert done.returncode == 1
    assert "--force" in done.stderr
    assert out.read_text() == "precious"
    assert run("annotate", reports, "-o", out, "--force", cwd=tmp_path).returncode == 0
    assert len(records(out)) == 6


def test_standard_input_and_output(tmp_path: Path) -> None:
    done = run("annotate", "-", "-o", "-", cwd=tmp_path, stdin=REPORT.encode())
    assert done.returncode == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["document"] for row in rows] == ["-"] * 3


def test_globs_and_furniture(reports: Path, tmp_path: Path) -> None:
    (reports / "a.txt").write_text(f"责任编辑：张三\n\n{REPORT}", "utf-8")
    run("annotate", f"{reports}/*.txt", "-o", "plain.jsonl", cwd=tmp_path)
    run("annotate", f"{reports}/*.txt", "-o", "all.jsonl", "--furniture", cwd=tmp_path)
    assert {row["kind"] for row in records(tmp_path / "plain.jsonl")} == {"body"}
    first = records(tmp_path / "all.jsonl")[0]
    assert (first["kind"], first["themes"], first["scores"]) == ("furniture", [], {})


def test_tagging_imports_nothing_that_training_needs(reports: Path) -> None:
    code = ("import sys; from tagger.cli import app; "
            f"app(['annotate', {str(reports)!r}, '-o', '-'], standalone_mode=False); "
            "heavy = {'sklearn', 'scipy', 'jieba', 'opencc', 'docx', "
            "'lxml', 'pandas'} & set(sys.modules); assert not heavy, heavy")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_help_imports_no_numpy() -> None:
    code = ("import sys\ntry:\n from tagger.cli import app\n app(['--help'])\nexcept SystemExit: pass\n"
            "heavy = {'numpy', 'msgspec', 'pydantic', 'yaml', 'sklearn'} & set(sys.modules)\n"
            "assert not heavy, heavy")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_the_library_as_the_readme_says(reports: Path) -> None:
    import tagger

    model = tagger.load()
    tagged = model.tag("网格员和调解员一起化解了两家的矛盾纠纷。")
    assert set(tagged.themes) == {"grid", "mediation"}
    assert {found.text for found in tagged.evidence} >= {"网格员"}
    assert len(list(model.tag_many(["网格员来了。", "天晴了。"]))) == 2
    found = list(tagger.annotate([reports]))
    assert [paragraph.document for paragraph in found[:1]] == [f"{reports}/a.txt"]
    assert found[0].text == "网格员每天走访群众。"
    assert sorted(tagger.__all__) == tagger.__all__ or len(set(tagger.__all__)) == 11
    with pytest.raises(tagger.ReadingError):
        list(tagger.annotate(["nowhere.txt"]))


def test_check_and_info_print_what_there_is(tmp_path: Path) -> None:
    done = run("check", ROOT / "labels", cwd=tmp_path)
    assert done.returncode == 0, "the gate of the labels"
    assert "documents" in done.stdout
    assert "smart_surveillance" in done.stdout
    done = run("info", cwd=tmp_path)
    assert done.returncode == 0
    assert "governance@" in done.stdout
    assert "threshold" in done.stdout


@pytest.mark.slow
def test_the_shipped_model_is_what_the_labels_make(tmp_path: Path) -> None:
    done = run("train", ROOT / "labels", "-o", "governance", cwd=tmp_path, PYTHONHASHSEED="5")
    assert done.returncode == 0, done.stderr
    shipped = ROOT / "models" / "governance"
    for path in sorted(shipped.iterdir()):
        assert (tmp_path / "governance" / path.name).read_bytes() == path.read_bytes(), path.name


PLACES = ["东山脚下小村", "西湖边上老镇", "南坡新建社区", "北岭林场职工", "河口渔港码头", "云端高原牧区", "沙洲农垦连队", "古城街巷里弄",
          "海岛灯塔哨所", "平原粮仓大县", "峡谷索桥两岸", "盆地丘陵乡间", "草原深处牧点"]


@pytest.mark.slow
def test_another_domain_trains_another_tagger(tmp_path: Path) -> None:
    labels = tmp_path / "labels"
    labels.mkdir()
    theme = "  - {{id: {0}, zh: {1}, en: {0}, definition: {1}, in: [{1}], out: [], keywords: [{1}]}}\n"
    (labels / "themes.yaml").write_text(
        'version: "1"\ntitle: 食物\nthemes:\n' + theme.format("tea", "茶叶") + theme.format("rice", "水稻"),
        "utf-8")
    for i in range(12):
        word, name = (("茶叶", "tea"), ("水稻", "rice"), ("公路", ""))[i % 3]
        (labels / f"d{i}.yaml").write_text(
            f'id: d{i}\ntitle: t\ngenre: g\nregion: r\ndate: "2020"\nparagraphs:\n'
            f"  - text: {PLACES[i]}今年{word}收成很好。\n    themes: [{name}]\n"
            f"  - text: {PLACES[-i]}的人开会讨论了别的事情。\n    themes: []\n", "utf-8")
    done = run("train", labels, "-o", "food", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (tmp_path / "x.txt").write_text("山上的茶叶绿了。\n\n田里的水稻黄了。\n", "utf-8")
    assert run("annotate", "x.txt", "-o", "x.jsonl", "-m", "food", cwd=tmp_path).returncode == 0
    assert [row["themes"] for row in records(tmp_path / "x.jsonl")] == [["tea"], ["rice"]]


@pytest.mark.slow
def test_evaluate_puts_the_keyword_list_beside_the_model(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text("".join(json.dumps({"text": text, "themes": themes}) + "\n" for text, themes in
                            [("网格员走访。", ["grid"]), ("丰收。", []), ("输电网格图案。", [])] * 10))
    done = run("evaluate", "--gold", gold, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [column["name"] for column in report["columns"]][:2] == ["model", "keywords"]
    keywords = {row["name"]: row for row in report["columns"][1]["rows"]}
    assert (keywords["grid"]["precision"], keywords["grid"]["recall"]) == (0.5, 1.0)


@pytest.mark.slow
def test_the_wheel_carries_model_and_codebook(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path,
                    ROOT], check=True)
    (wheel,) = tmp_path.glob("tagger-*.whl")
    home = tmp_path / "empty environment"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--constraint",
                    ROOT / "constraints.txt", wheel], check=True)
    (tmp_path / "a.txt").write_text(REPORT, "utf-8")
    subprocess.run([home / "bin" / "tagger", "annotate", "a.txt", "-o", "a.jsonl"], cwd=tmp_path,
                   check=True, capture_output=True)
    assert [row["themes"] for row in records(tmp_path / "a.jsonl")] == [["grid"], ["mediation"], []]
    card = subprocess.run([home / "bin" / "tagger", "info"], cwd=tmp_path, check=True,
                          capture_output=True)
    assert "矛盾纠纷调解" in card.stdout.decode()
