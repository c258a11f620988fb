"""The version, in its one place: CMake and the packaging metadata read it from here."""

__version__ = "0.1.0"
