"""Kill -9 of the real processes at random moments: what was acknowledged survives (promise P1)."""
