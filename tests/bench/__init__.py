"""Benchmarks: figures beside a floor measured in the same run, printed as a table and written as JSON."""
