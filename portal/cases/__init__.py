"""What is followed up: complaints, requests, concerns, thanks and ideas, from receipt to closing."""
