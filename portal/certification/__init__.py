"""The improvement plan, its effects, reminders, and the reviews that look at it."""
