"""What benchmarks/worth.py is made of."""
