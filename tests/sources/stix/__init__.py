"""Tests of the room `sources.stix`."""
