"""Ground floor: table schemas, readers of source formats, text formatting, file writing."""
