"""`python -m pipelines` is `talentflow`."""

from pipelines.cli import main

main()
