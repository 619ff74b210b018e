"""`python -m scripts.demo`: a Hub and a runner, one workflow on real files, and a check of what came out."""
