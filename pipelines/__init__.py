"""What happens to data and models: the only place that knows DVC, Ray, MLflow and Great Expectations."""
