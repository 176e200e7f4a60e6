"""Models of buying without a contract (BG/NBD, MBG/NBD, Pareto/NBD), of spending, and of contracts: pure functions.

Everything is fitted by maximum likelihood on grouped sufficient statistics: customers with the same number of repeat
purchases x, time of the last one t_x and age T are one row with a weight, so that a million customers cost what their
distinct histories cost. Times are in weeks, as in the papers.
"""
