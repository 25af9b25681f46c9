"""DHG-SIL: discrepant-homophily graph-enhanced sequential interpretable learning of migration flows."""
