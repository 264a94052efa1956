"""Franka robots through their maker's control interface, an optional extra."""
