"""How much a reader takes in: each limit with where its number comes from."""

# Documents read at once: five times trafilatura's MAX_FILE_SIZE (20,000,000), since
# a year of news in one text file runs to tens of megabytes.
MAX_FILE_BYTES = 100_000_000

# Tables and JSON lines are streamed, row by row. Apache POI MAX_ENTRY_SIZE.
MAX_STREAM_BYTES = 4_294_967_295

# Markup costs about twenty times its size as a tree. trafilatura MAX_FILE_SIZE.
MAX_MARKUP_BYTES = 20_000_000

# markdown-it-py reads some 2 MB a second, and hostile brackets at 0.12 MB.
MAX_MARKDOWN_BYTES = 5_000_000

# One line, one cell, one row of JSON. Apache POI MAX_TEXT_SIZE.
MAX_LINE_CHARACTERS = 10_485_760

# Lines of one document: each costs a kilobyte as a tagged paragraph. A year of a daily paper
# has some 300,000.
MAX_LINES = 1_000_000

# Unpacked to packed size: Apache POI MIN_INFLATE_RATIO (0.01), looked at only past
# its GRACE_ENTRY_SIZE.
MAX_RATIO = 100
GRACE_BYTES = 102_400

# Members of a .docx or .xlsx. Apache POI MAX_FILE_COUNT.
MAX_MEMBERS = 1_000

# Members of an archive: twice a crawl of 100,000 pages. A zip's list of them is read at
# once, some 300 bytes each, and each costs about 600 bytes in memory.
MAX_ARCHIVE_MEMBERS = 200_000
MAX_DIRECTORY_BYTES = 64_000_000

# What an archive's own headers may hold at once: a name or a few extended ones.
MAX_HEADER_BYTES = 1_048_576

# Rows of one sheet. Excel's own limit.
MAX_SHEET_ROWS = 1_048_576

# Front matter holds a few lines; YAML costs far more than its size.
MAX_FRONT_MATTER_CHARACTERS = 65_536

# The longest book of statistics has some 1,000 pages.
MAX_PAGES = 5_000

# Rows whose ids are remembered, so that names stay unique, in at most 64 MB.
MAX_ROWS = 10_000_000


def unpacked_budget(packed: int, most: int) -> int:
    """Say how many bytes `packed` bytes may unpack to, and never over `most`."""
    return min(most, max(GRACE_BYTES, MAX_RATIO * packed))
