"""What the Snakefile asks: validated config, runs, parts, language groups, code fingerprints."""
