"""Models on 0/1 label matrices; the folder is the registry."""
