"""The Atlas collection: facts of Unicode CLDR as multilingual question answering."""
