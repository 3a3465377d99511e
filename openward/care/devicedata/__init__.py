"""Data sets and data of devices over time: glucose, insulin, settings and events."""
