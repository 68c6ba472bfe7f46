"""Users' own formats: finding, checking, trusting and rendering them in a sandbox."""
