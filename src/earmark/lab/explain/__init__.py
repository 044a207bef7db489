"""Why a tagger says what it says: which parts of a sound, or which features, spoke for a label."""
