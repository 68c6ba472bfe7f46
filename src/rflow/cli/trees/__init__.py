"""Making trees: imported from charts, or written anew."""
