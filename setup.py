"""Lets tools that still look for setup.py find the project; all settings are in pyproject.toml."""

from setuptools import setup

setup()
