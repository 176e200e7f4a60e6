"""The quality of a plain table: the same criteria on any CSV, Excel or Parquet file, with no set-up."""
