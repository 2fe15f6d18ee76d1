"""Customer feedback sorted: a category with its confidence, a review where unsure, and what corrections teach."""
