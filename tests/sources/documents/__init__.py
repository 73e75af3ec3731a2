"""Tests of the room `sources.documents`."""
