"""DM motors (Damiao) on a CAN bus: frames as bytes, the bus, one motor's limits. Knows no arm."""
