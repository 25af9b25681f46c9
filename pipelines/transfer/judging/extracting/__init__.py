"""From a run's articles to the table of transfers, by Ray Data, shard by shard."""
