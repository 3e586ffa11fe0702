"""Tags Chinese paragraphs with governance themes.

import tagger
model = tagger.load()                 # the shipped model
model.tag("……").themes                # ('mediation', 'grid'); also .scores, .evidence
for tagged in model.tag_many(texts): …
for paragraph in tagger.annotate(["reports/"]): …
tagger.tag_batch(batch)               # an Arrow batch with a text column; needs pyarrow
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tagger.annotation import annotate
    from tagger.batch import tag_batch
    from tagger.errors import LabelsError, ModelError, OutputError, ReadingError, TaggerError
    from tagger.records import Evidence, TaggedParagraph
    from tagger.store import load
    from tagger.tagger import Tagged, Tagger

__all__ = ["Evidence", "LabelsError", "ModelError", "OutputError", "ReadingError", "Tagged",
           "TaggedParagraph", "Tagger", "TaggerError", "annotate", "load", "tag_batch"]

_ROOMS = {"annotate": "annotation", "load": "store", "Tagged": "tagger", "Tagger": "tagger",
          "Evidence": "records", "TaggedParagraph": "records", "tag_batch": "batch"}


def __getattr__(name: str) -> Any:  # names of many types, loaded on first use
    """Load a public name on first use, so that `import tagger` is quick."""
    if name not in __all__:
        raise AttributeError(f"module 'tagger' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"tagger.{_ROOMS.get(name, 'errors')}"), name)
