"""Exercises: see README.md in this folder."""
