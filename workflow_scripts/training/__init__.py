"""Batch sampling, losses, pre-training and contrastive fine-tuning."""
