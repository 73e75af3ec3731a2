"""How each query language writes what is looked for in a column."""
