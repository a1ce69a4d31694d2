"""Budgets in a project's own tests: what each request may cost. The plugin is `pytest_pitstop.plugin`, which pytest finds by itself."""
