"""Real text held outside the project: only read to measure the labels against it."""

from pathlib import Path

import msgspec

from tagger.errors import LabelsError, Problem


class _Row(msgspec.Struct):
    text: str


def read_texts(path: Path) -> list[str]:
    """Texts of a .jsonl file with `text`, or of a .txt file with a paragraph a line.

    Raises LabelsError with every line that cannot be used.
    """
    try:
        lines = path.read_bytes().splitlines()
        if path.suffix == ".txt":
            return [line.decode("utf-8") for line in lines if line.strip()]
    except OSError as error:
        raise LabelsError([Problem(str(path), None, f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise LabelsError([Problem(str(path), None, f"not UTF-8: {error}; save it as UTF-8")]
                          ) from None
    texts, problems = [], []
    for number, line in enumerate(lines, start=1):
        try:
            texts.append(msgspec.json.decode(line, type=_Row).text)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            problems.append(Problem(str(path), number, f"{error}; a line holds "
                                    '{"text": "…"}'))
    if not texts and not problems:
        problems.append(Problem(str(path), None, "holds no line"))
    if problems:
        raise LabelsError(problems)
    return texts
