"""Measurements. One module each, with a docstring that says what it measures and ``main()``."""
