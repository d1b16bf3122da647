"""What follows from a contract: landing tables, dbt sources, the data dictionary."""
