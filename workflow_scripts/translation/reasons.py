"""What can become of a pair in translation: the reasons of the yield table."""

KEPT = "kept"
NOT_DRAWN = "not drawn"

# The filters of quality control, in the order in which they are asked: a side's reason is the first that it fails.
REASONS = ("empty", "cut_off", "length_ratio", "copied", "script", "repeated", "language", "round_trip", "similarity")
