"""Finding → edited copy: byte-range edits, Python-aware helpers, writing, and taking back."""
