"""Tests of the one connection that everything is read through."""
