"""The user's files: where they are, and what their cells say."""
