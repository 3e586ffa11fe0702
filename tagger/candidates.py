"""Which strings may become terms: segmented words, pairs of them, keywords."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

import jieba
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from opencc import OpenCC

from tagger.terms import Crossing, Terms, decode, fold, fold_table

MIN_DOCUMENTS = 3  # a candidate stands in at least so many,
MIN_SHARE = 0.01  # and in this share: rarer words fit a few documents by chance
MIN_TOGETHER = 5  # documents in which two terms stand in one sentence
FREQUENT = 500  # how often jieba's dictionary counts a word that many texts hold
LONGEST = 8  # letters of a pair of words
GRAMMAR = frozenset(
    "的了在是和与及等到个也就都上中里为把被对从向以于由着过地得而但或让给将又还很更最并且之其这那该此各每某"
    "我们你他她它一二三四五六七八九十百千万亿两几多有来去说要会能可不没无年月日时分后前内外间")
_PLAIN = re.compile(r"[^\W\d_]+")

BMP_HAN = range(0x3400, 0xA000)


class Segmenter:
    """jieba without its guesses on unknown words (HMM), with the codebook's words added."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted(set(words))
        self._jieba = jieba.Tokenizer()
        # built here rather than by initialize(), which reads a cache file from a folder
        # that everybody may write to
        frequencies = self._jieba.gen_pfdict(self._jieba.get_dict_file())
        self._jieba.FREQ, self._jieba.total = frequencies
        self._jieba.initialized = True
        for word in self._words:
            self._jieba.add_word(word)

    def cut(self, text: str) -> list[str]:
        """Words of a text; together they are the text."""
        return list(self._jieba.cut(text, HMM=False))

    def frequent(self) -> list[str]:
        """Words of the dictionary that are frequent, sorted."""
        return sorted(word for word, count in self._jieba.FREQ.items() if count >= FREQUENT)

    def fingerprint(self) -> dict[str, str]:
        """What a model must say of the segmenter that chose its terms."""
        dictionary = Path(jieba.__file__).with_name("dict.txt").read_bytes()
        return {"name": "jieba", "version": version("jieba"), "hmm": "false",
                "dictionary_sha256": hashlib.sha256(dictionary).hexdigest(),
                "words_sha256": hashlib.sha256("\n".join(self._words).encode()).hexdigest()}


def candidates(words: Sequence[Sequence[str]], documents: Sequence[int],
               keywords: Iterable[str]) -> list[str]:
    """Words and runs of words that stand in enough documents, and all keywords; sorted.

    `words`: folded texts as segmented; `documents`: the document of each text.
    """
    seen: dict[str, set[int]] = {}
    for text, document in zip(words, documents, strict=True):
        for term in runs(text):
            seen.setdefault(term, set()).add(document)
    least = max(MIN_DOCUMENTS, round(MIN_SHARE * len(set(documents))))
    return sorted({term for term, where in seen.items() if len(where) >= least} | set(keywords))


def runs(words: Sequence[str]) -> Iterator[str]:
    """Words and pairs of neighbours without digits or punctuation.

    No single letter of grammar stands at either end: 的调解 and 调解了 say no more than 调解.
    """
    for i, word in enumerate(words):
        if word in GRAMMAR or not _PLAIN.fullmatch(word):
            continue
        if len(word) > 1:
            yield word
        after = words[i + 1] if i + 1 < len(words) else ""
        if after not in GRAMMAR and _PLAIN.fullmatch(after) and len(word + after) <= LONGEST:
            yield word + after


def crossings_of(terms: Sequence[str], texts: Sequence[str],
                 words: Sequence[Sequence[str]]) -> list[Crossing]:
    """Strings of the texts in which the segmenter gives a term's letters to other words.

    A word that holds the whole term (嫌疑 in 嫌疑人) does not count; one that crosses its
    border (调解 in 协调 解决) does.
    """
    sizes = np.array([len(word) for text in words for word in text], dtype=np.int64)
    ends = np.cumsum(sizes)
    first, last = np.repeat(ends - sizes, sizes), np.repeat(ends, sizes)
    found = Terms(terms, {}).find(texts)
    begins = np.cumsum([0, *map(len, texts)])[found.text_of[found.sentence]]
    start, end = begins + found.start, begins + found.end
    left = (first[start] < start) & (last[start] < end)
    right = (last[end - 1] > end) & (first[end - 1] > start)
    joined = "".join(texts)
    rows = np.flatnonzero(left | right)
    crossed = {Crossing(joined[first[start[row]]:start[row]], terms[found.term[row]],
                        joined[end[row]:last[end[row] - 1]]) for row in rows.tolist()}
    return in_order(crossed)


def in_order(crossings: Iterable[Crossing]) -> list[Crossing]:
    """Crossings in the order in which a model has them."""
    return sorted(crossings, key=lambda crossing: (crossing.term, crossing.text, crossing.before))


def foreseen_crossings(terms: Iterable[str], segmenter: Segmenter) -> list[Crossing]:
    """Strings of two frequent words that hold a term's letters across their border: 主义|工作.

    The labels need not hold them; real text does.
    """
    words = segmenter.frequent()
    found = set()
    for term in terms:
        for cut in range(1, len(term)):
            firsts = [word for word in words if word.endswith(term[:cut]) and len(word) > cut]
            seconds = [word for word in words if word.startswith(term[cut:])
                       and len(word) > len(term) - cut]
            found |= {Crossing(first[:-cut], term, second[len(term) - cut:])
                      for first in firsts for second in seconds
                      if segmenter.cut(first + second) == [first, second]}
    return in_order(crossing for crossing in found if not _holds_another(crossing, found))


def _holds_another(crossing: Crossing, others: set[Crossing]) -> bool:
    """Whether a shorter string of the same kind stands in it: 主|义工|作 in 社会主|义工|作."""
    before, after = crossing.before, crossing.after
    return any(Crossing(before[start:], crossing.term, after[:end]) in others
               for start in range(len(before)) for end in range(1, len(after) + 1)
               if (start, end) != (0, len(after)))


def interactions_of(present: sp.csr_matrix, terms: Sequence[str], documents: NDArray[np.int64],
                    keywords: set[str]) -> NDArray[np.int64]:
    """Keywords and other terms that stand in one sentence in enough documents.

    None holds the letters of the other. `present`: which term stands in which sentence, shape
    (sentences, terms); `documents`: the document of each sentence. Returns the numbers of the
    two, shape (interactions, 2), each two once.
    """
    by_term = present.tocsc()
    of_document = sp.csr_matrix((np.ones(len(documents)), (documents, np.arange(len(documents)))))
    found = []
    for keyword in np.flatnonzero(np.isin(terms, list(keywords))).tolist():
        rows = by_term.indices[by_term.indptr[keyword]:by_term.indptr[keyword + 1]]
        together = (of_document[:, rows] @ present[rows]).sign().sum(axis=0)
        found += [(keyword, other)
                  for other in np.flatnonzero(np.asarray(together).ravel() >= MIN_TOGETHER).tolist()
                  if _apart(terms[keyword], terms[other])
                  and not (other < keyword and terms[other] in keywords)]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _apart(one: str, other: str) -> bool:
    return one not in other and other not in one


@cache
def simplified_letters() -> dict[str, str]:
    """Traditional letters and their simplified forms, one for one (OpenCC)."""
    convert = OpenCC("t2s").convert
    pairs = ((chr(code), convert(chr(code))) for code in BMP_HAN)
    return {letter: simple for letter, simple in pairs if simple != letter and len(simple) == 1}


def fold_all(texts: Iterable[str]) -> list[str]:
    """Texts folded as in training: every letter in its simplest form."""
    table = fold_table(simplified_letters())
    return [decode(fold(text, table)) for text in texts]


def variants_of(terms: Iterable[str]) -> dict[str, str]:
    """The traditional letters of which the simplified form stands in a term; sorted."""
    letters = set("".join(terms))
    return {letter: simple for letter, simple in sorted(simplified_letters().items())
            if simple in letters}
