"""`python -m tests.fuzz all`, or `python -m tests.fuzz TARGET [OPTION...]` with libFuzzer's options."""

import sys

if sys.argv[1:] == ["all"]:
    from .every import main
else:
    from .one import main

main()
