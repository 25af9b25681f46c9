"""The city talent-attraction report: who draws people, who loses them, and why."""
