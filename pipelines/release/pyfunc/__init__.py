"""Artefacts as MLflow pyfuncs, a file a track: models-from-code, so MLflow keeps the file and no pickle."""
