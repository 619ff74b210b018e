"""The command `exekra`: what people and scripts do with a Hub, over its REST API. Stores a sign-in, nothing else."""
