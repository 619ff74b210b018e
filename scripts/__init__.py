"""What is run from a checkout: generation of protos and pictures, style checks, the demo."""
