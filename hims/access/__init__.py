"""Who may do and see what: the role table and the read gate."""
