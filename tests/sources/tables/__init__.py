"""Tests of the room `sources.tables`."""
