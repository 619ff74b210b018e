"""The dispatch worker: arq jobs that claim. The one place that knows arq and Redis."""
