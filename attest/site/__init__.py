"""A site as a visitor sees it: fetch, read, render, judge the display."""
