"""Tests of what becomes a rule and what does not."""
