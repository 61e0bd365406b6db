"""One module a file format; each yields the records of ``data.records``."""
