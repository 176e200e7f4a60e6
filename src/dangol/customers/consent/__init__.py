"""What each customer has agreed to, by purpose and channel, with proof."""
