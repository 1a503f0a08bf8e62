"""The PostgreSQL backend whose transactions each begin by naming their actor."""
