"""Tests of the room `indicators`."""
