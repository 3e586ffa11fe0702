"""Coverage-guided fuzzing of all that reads: `python -m tests.fuzz --help`."""
