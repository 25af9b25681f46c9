"""What learns: one sub-package per track, free of DVC, MLflow, Ray, Great Expectations and BentoML."""
