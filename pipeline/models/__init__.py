"""The networks: a catalogue of them, their download, the runtime, and one adapter for each."""
