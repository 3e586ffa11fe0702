"""Floors under the shipped model: what it reached on the seeds, which it was not trained on.

python tests/floors.py            compare
python tests/floors.py --update   pin what it reaches now; a lower floor needs --because "…"
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PINNED = ROOT / "tests" / "floors.json"
GOLD = sorted((ROOT / "tests/cases/seeds").glob("*.yaml"))
EPSILON = 0.004  # one decision more or less moves micro-F1 by 0.002; two are let pass


def gold_sha256() -> str:
    """Hash of the hand-written cases, so that new gold is not taken for a better model."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in GOLD)).hexdigest()


def reached() -> dict[str, float]:
    """F1 of the shipped model on the cases, by theme and over all."""
    from tagger.store import load

    model = load()
    rows = [row for path in GOLD for document in yaml.safe_load(path.read_text("utf-8"))["documents"]
            for row in document["paragraphs"]]
    given = [set(tagged.themes) for tagged in model.tag_many([row["text"] for row in rows])]
    gold = [set(row["themes"]) for row in rows]
    ids = [theme.id for theme in model.themes]
    found = {name: _f1([name in row for row in given], [name in row for row in gold])
             for name in ids}
    found["micro"] = _f1([name in row for row in given for name in ids],
                         [name in row for row in gold for name in ids])
    return {name: round(score, 4) for name, score in found.items()}


def _f1(given: list[bool], gold: list[bool]) -> float:
    both = sum(one and other for one, other in zip(given, gold, strict=True))
    return 2 * both / max(1, sum(given) + sum(gold))


def fallen(pinned: dict[str, float], now: dict[str, float]) -> list[str]:
    """Figures below their floor."""
    return [f"{name}: {now[name]:.4f} is below {floor:.4f}" for name, floor in pinned.items()
            if now[name] < floor - EPSILON]


def main() -> None:
    """Compare, or pin anew."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--because", default="")
    options = parser.parse_args()
    pinned = json.loads(PINNED.read_text("utf-8")) if PINNED.exists() else {"floors": {}}
    now = reached()
    lower = fallen(pinned["floors"], now)
    if lower and not (options.update and options.because):
        sys.exit("\n".join([*lower, 'a lower floor needs --update --because "why"']))
    if options.update:
        because = options.because or pinned.get("because", "")
        PINNED.write_text(json.dumps({"gold_sha256": gold_sha256(), "floors": now,
                                      "because": because}, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
