"""Tests of the room `sources.opening`."""
