"""Commands that let others see a session, or take it over."""
