"""The demo companies: a small world in which every desk has something to do."""
