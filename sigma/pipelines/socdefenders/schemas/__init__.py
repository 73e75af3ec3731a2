"""Where each platform keeps what: log sources and columns, as data, and their pipelines."""
