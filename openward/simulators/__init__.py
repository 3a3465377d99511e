"""Other systems as real little servers, people that nobody is, and the sample data of the demo."""
