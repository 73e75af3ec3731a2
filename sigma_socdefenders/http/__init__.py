"""HTTP with patience, bounds and care for keys: for the feed, and for TAXII and MISP servers."""
