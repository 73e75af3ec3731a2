"""Tests of the room `sources.prose`."""
