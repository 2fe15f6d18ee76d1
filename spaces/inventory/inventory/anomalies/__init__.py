"""What looks wrong in the book: seen beside what is usual, told with its kind and why."""
