"""Real processes killed at named points, on engines of their own: nothing is lost, doubled or forgotten."""
