"""Why records were skipped: the reasons, the counts of a run, the trace of single values."""
