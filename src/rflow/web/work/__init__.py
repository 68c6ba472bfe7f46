"""The pages for signed-in readers: shared parts. `pages` has a module for each group of pages."""
