"""The pages for people who are signed in: what all of them share. `pages` has a module for each group of pages."""
