"""What the report for people consists of: each module makes one kind of part of it, as renderables of Rich."""
