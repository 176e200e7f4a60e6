"""What a customer is worth from here on: who is still alive, how often they will buy, and for how much."""
