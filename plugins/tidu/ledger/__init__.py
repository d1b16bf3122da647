"""What happened: deliveries, runs, decisions, and the migrations of the warehouse."""
