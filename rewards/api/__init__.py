"""The doors for integrations that credit, spend or explain."""
