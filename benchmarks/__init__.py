"""Measurements of rflow as ratios of one run: `python -m benchmarks [NAME…]`. README.md explains each."""
