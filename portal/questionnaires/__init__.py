"""What is asked and answered: questionnaires, published versions, responses, free words."""
