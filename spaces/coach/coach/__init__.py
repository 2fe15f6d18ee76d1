"""Coach: how an interview answer sounds, what it says, and what to practise next."""
