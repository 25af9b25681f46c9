"""Member D: frames over a parse, each with a name, that say who moved where and when."""
