"""STIX 2 bundles and their patterns."""
