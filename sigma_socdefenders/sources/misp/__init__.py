"""MISP events and MISP's CSV exports."""
