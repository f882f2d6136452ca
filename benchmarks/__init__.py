"""What we claim about speed and memory, runnable: ``python -m benchmarks`` writes ``benchmarks/RESULTS.md``."""
