"""The import stage: students, employers and placements of any shape into three sorted tables."""
