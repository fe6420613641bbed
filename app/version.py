"""The version of Likeness."""

VERSION = "0.1.0"
