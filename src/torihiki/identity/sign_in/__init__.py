"""Signing in as an ordered table of stages, each resumable and testable alone: see `stages.STAGES`."""
