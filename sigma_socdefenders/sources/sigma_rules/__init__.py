"""Sigma rules as a source of indicators."""
