"""Answers of the API, typed, by resource."""
