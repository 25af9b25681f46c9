"""What answers: one BentoML service per track over a shared, thin ASGI edge."""
