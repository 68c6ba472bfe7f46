"""One session: events, commands, the rules, and the state they fold into."""
