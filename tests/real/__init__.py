"""Published files, as their vendors wrote them."""
