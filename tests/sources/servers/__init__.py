"""Tests of TAXII and MISP servers as sources."""
