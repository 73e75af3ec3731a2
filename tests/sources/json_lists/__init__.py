"""Tests of the room `sources.json_lists`."""
