"""Speed as ratios: each figure is two things measured in turn, in one run, on one machine."""
