"""Text: lists, reports in Markdown and AsciiDoc, and block lists."""
