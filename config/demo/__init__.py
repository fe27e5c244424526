"""The demo: real orders of a wholesaler, told as if they were of this year, and a made-up team."""
