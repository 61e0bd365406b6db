"""Encoding of collections, indexes, exact bounded-memory search and BM25."""
