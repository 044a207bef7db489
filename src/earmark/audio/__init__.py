"""Audio in: decoding, segments, signal processing, and procedural music."""
