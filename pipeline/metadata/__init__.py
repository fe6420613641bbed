"""What a photo's file tells beside its pixels → what is safe and true of a result."""
