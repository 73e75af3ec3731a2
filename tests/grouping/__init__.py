"""Tests of grouped rules."""
