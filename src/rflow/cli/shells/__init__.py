"""Completion in bash, zsh, fish and PowerShell: a script for each (`rflow.*`), and the program that answers it."""
