"""YAM arms: DM motors on CAN, held up by torque. No brakes: what is not pushed sinks."""
