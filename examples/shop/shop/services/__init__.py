"""What the shop does, one class a subject."""
