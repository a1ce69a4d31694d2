"""Report → bytes. The module's name is the format's name; each has `render(report, ...) -> str` and a golden file."""

FORMATS = ("full", "concise", "agent", "json", "sarif", "github", "gitlab", "junit", "markdown", "html")
"""What `--format` takes. Listed, not discovered: the command line needs the names before anything is imported."""
