"""Outside the graph: register, package, check, decide, write down, move the alias, point, roll back."""
