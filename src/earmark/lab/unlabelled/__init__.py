"""Learning from music without labels before learning from that with labels."""
