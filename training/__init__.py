"""How the embedded models are made: pairs from a teacher, small students, and what they measure."""
