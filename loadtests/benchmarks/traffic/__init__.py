"""Part a: traffic of load beside a bare Locust user and wrk."""
