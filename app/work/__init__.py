"""Bytes and options in, a picture and a report out. No HTTP in here: jobs and the command line use it too."""
