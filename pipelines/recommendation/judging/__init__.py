"""The judgement of fitted recommenders, and what is packaged of it."""
