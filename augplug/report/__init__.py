"""What a user looks at: contact sheets, and the page of a search."""
