"""rflow's own templates as Python modules, written by `python -m rflow.formats.compiling`."""
