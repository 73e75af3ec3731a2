"""Tests of the room `sources.sigma_rules`."""
