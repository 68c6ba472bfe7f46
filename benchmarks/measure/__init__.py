"""How things are measured: programs that take turns, ratios, figures."""
