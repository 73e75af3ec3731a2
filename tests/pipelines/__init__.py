"""Tests of the processing pipelines."""
