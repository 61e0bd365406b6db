"""Per-query metrics, language bias, aggregation over languages and seeds, statistics."""
