"""What is measured: a module for each topic, and the programs that it starts."""
