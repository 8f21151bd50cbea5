"""Learned models only: encoders, their training, evaluation and cards."""
