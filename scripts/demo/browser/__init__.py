"""`python -m scripts.demo.browser`: two exercises that robots are measured by, done in a real browser and judged."""
