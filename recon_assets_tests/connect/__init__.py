"""A Spark Connect server for tests, with Delta Lake; not shipped."""
