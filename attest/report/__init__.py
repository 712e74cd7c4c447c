"""Verdicts as files for people."""
