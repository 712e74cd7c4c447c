"""The registry contract: its calls and events, reading it, writing to it."""
