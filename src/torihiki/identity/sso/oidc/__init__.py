"""OpenID Connect Core 1.0 as a relying party: the code flow with PKCE, and nothing else."""
