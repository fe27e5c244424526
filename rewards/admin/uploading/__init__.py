"""Files of activities and partners by upload: the file, what its headers mean, a dry run, the run."""
