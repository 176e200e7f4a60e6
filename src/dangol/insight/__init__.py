"""From facts to understanding: warehouse <- olap | score."""
