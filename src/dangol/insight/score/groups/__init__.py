"""Groups of customers that the data themselves show: clusters with stable names, and trees of readable rules."""
