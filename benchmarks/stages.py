"""Where the time goes: each stage by itself, over the same texts."""

from collections.abc import Callable
from pathlib import Path

import tagger
from benchmarks.measuring import Figure, timed
from benchmarks.texts import Texts
from tagger.annotation import documents, tag_document
from tagger.paragraphs import split
from tagger.records import Document
from tagger.tagger import BLOCK, blocks
from tagger.writing.jsonlines import encode


def of_tagging(texts: Texts, rounds: int) -> dict[str, Figure]:
    """Seconds of each stage of `tag_many`."""
    model = tagger.load()
    cut = list(blocks(texts.paragraphs, BLOCK))
    codes = [model.terms._codes(block) for block in cut]
    found = [model.terms.find(block) for block in cut]
    walk = _seconds(lambda: [model.terms._trie.find(block) for block in codes], rounds)
    letters = _seconds(lambda: [model.terms._codes(block) for block in cut], rounds)
    find = _seconds(lambda: [model.terms.find(block) for block in cut], rounds)
    pairs = _seconds(lambda: [(places.pairs(places.sentence), places.pairs(places.text))
                              for places in found], rounds)
    odds = _seconds(lambda: [model.log_odds(block) for block in cut], rounds)
    whole = _seconds(lambda: list(model.tag_many(texts.paragraphs)), rounds)
    shown = _seconds(lambda: list(model.tag_many(texts.paragraphs, evidence=True)), rounds)
    return {
        "letters of a block as numbers": letters,
        "finding the terms": walk,
        "sentences, and the one of each place": _less(find, letters, walk),
        "each term once a sentence": pairs,
        "weights, sums, the strongest sentence": _less(odds, find, pairs),
        "blocks of texts, records of results": _less(whole, odds),
        "together": whole,
        "evidence": _less(shown, whole),
    }


def of_annotating(folder: Path, rounds: int) -> dict[str, Figure]:
    """Seconds of each stage between .txt files and JSON lines."""
    model = tagger.load()
    files = sorted(map(str, folder.iterdir()))
    read = [document for file in files for document in documents(file)
            if isinstance(document, Document)]
    texts = [[part.text for part in split(document)] for document in read]
    tagged = [part for document in read for part in tag_document(document, model)]
    parts = _seconds(lambda: [split(document) for document in read], rounds)
    tags = _seconds(lambda: [list(model.tag_many(text, evidence=True)) for text in texts], rounds)
    whole = _seconds(lambda: [list(tag_document(document, model)) for document in read], rounds)
    return {
        "reading: decoding, tidying, joining broken lines": _seconds(
            lambda: [list(documents(file)) for file in files], rounds),
        "splitting into paragraphs: furniture, headings": parts,
        "tagging, with evidence": tags,
        "records": _less(whole, parts, tags),
        "JSON": _seconds(lambda: list(map(encode, tagged)), rounds),
    }


def _seconds(work: Callable[[], object], rounds: int) -> Figure:
    return Figure.of([timed(work).cpu for _ in range(rounds)])


def _less(whole: Figure, *parts: Figure) -> Figure:
    """What is left of the whole, by the medians."""
    return Figure.of([max(0.0, whole.median - sum(part.median for part in parts))])
