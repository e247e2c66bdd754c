"""What planners take from the scores: potential spend, expected value, tiers."""
