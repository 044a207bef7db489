"""Making datasets: drawn from a reader's metadata, or merged from several, and published."""
