"""Building the gazetteer from the packages that carry its parts."""
