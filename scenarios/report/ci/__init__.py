"""What a CI shows of a run: annotations, the summary of a job, and JUnit names."""
