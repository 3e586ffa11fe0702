"""The shipped model is as good on the seeds as it has been."""

import json

import floors


def test_no_figure_falls_below_its_floor() -> None:
    pinned = json.loads(floors.PINNED.read_text("utf-8"))
    assert pinned["gold_sha256"] == floors.gold_sha256(), "the gold changed: pin the floors anew"
    assert floors.fallen(pinned["floors"], floors.reached()) == []


def test_a_fall_is_named() -> None:
    assert floors.fallen({"micro": 0.9, "grid": 0.5}, {"micro": 0.89, "grid": 0.5}) == [
        "micro: 0.8900 is below 0.9000"]
    assert floors.fallen({"micro": 0.9}, {"micro": 0.897}) == []
