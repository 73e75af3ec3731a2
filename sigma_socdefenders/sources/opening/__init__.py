"""Opens what is named: files, folders, archives, and their text in any encoding."""
