"""Ground floor: a bi-encoder (load, pool, normalise, save) and what is known about it."""
