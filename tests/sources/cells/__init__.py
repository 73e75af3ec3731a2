"""Cells: values, dates and words."""
