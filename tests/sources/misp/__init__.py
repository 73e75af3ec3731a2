"""Tests of the room `sources.misp`."""
