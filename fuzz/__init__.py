"""A standing fuzz of everything that takes text from outside: `python3 tasks.py fuzz`.

`doors.py` is the table of doors. Each has a check, which says what has to hold for any bytes at
all, seeds (`seeds/`), what once broke it (`regressions/`), and words worth trying
(`dictionaries/`). `guided.py` lets atheris look for inputs that reach new code; `campaign.py` runs
the doors one after the other; `tests/fuzz` replays what is committed, and some mutations of it,
in every run of the tests.
"""
