"""Commands that set rflow up: trees, stores, configuration, the prompt, the demonstration."""
