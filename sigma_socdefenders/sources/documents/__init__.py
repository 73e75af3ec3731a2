"""HTML, Office documents, PDF and OpenIOC, read through libraries of the extra `documents`."""
