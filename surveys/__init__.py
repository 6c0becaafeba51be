"""What is asked, answered and done about it: the rules, with no web in them."""
