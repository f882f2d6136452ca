"""Analysis: pure functions on arrays and frames. No files, clock, random state, maps or pages."""
