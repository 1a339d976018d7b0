"""One module per thing a person does; no Flask in it, so that pages, the API and commands do the same."""
