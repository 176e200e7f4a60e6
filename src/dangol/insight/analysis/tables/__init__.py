"""The figures of the standard reports as Ibis expressions, a module a report, the same on DuckDB and Spark."""
