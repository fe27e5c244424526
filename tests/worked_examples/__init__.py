"""Textbook cases: each test tells a small story, and its figures can be checked with a pencil."""
