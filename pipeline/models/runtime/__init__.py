"""How networks run: device, number format, memory, threads and batches."""
