"""Stock records from and to CSV files and workbooks."""
