"""Orders from a CSV export of Infomart's BtoBプラットフォーム 受発注: the way here from the former system."""
