"""What customers are described by, how groups are found and chosen, matched to earlier ones and put into words."""
