"""Machine translation engines behind one interface, and the quality control of their output."""
