"""What one cell, word or key holds: values, dates, and the vocabulary that publishers use."""
