"""What networks are made of and trained with. Imports PyTorch: to be imported inside functions."""
