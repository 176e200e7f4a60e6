"""What is compared, how agreement is weighed, and where one person ends and the next begins: pure functions."""
