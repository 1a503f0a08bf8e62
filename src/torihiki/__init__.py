"""torihiki: companies trade documents; the database keeps them apart; every promise has a running check."""
