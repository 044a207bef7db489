"""The tagger: one portable file that holds all that training used."""
