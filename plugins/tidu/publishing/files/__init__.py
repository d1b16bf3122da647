"""The files of a release: Parquet, CSV, a dictionary, a workbook, SDMX; made again they are the same bytes."""
