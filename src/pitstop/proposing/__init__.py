"""Findings without a repair of ours → what a language model proposes, as a patch like any other. Only where `--with-llm` is given."""
