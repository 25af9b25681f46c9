"""Migration: monthly (or any unit's) origin x destination flows, their forecasters and predictor."""
