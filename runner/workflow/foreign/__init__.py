"""Workflows of other products as ours: pure translation, in which nothing is dropped without a word.

What has no exact equivalent becomes a disabled placeholder with its original beside it on a note, and is listed.
"""
