"""Stock records of several outlets become forecasts, orders, anomalies, receipt lines and answers."""
