"""Completion in bash, zsh, fish and PowerShell: a script for each (`rflow.*`), and what answers it."""
