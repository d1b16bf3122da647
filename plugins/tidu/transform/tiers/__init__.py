"""Tiers: official rules as data, compiled to SQL, and what an enterprise lacks for each."""
