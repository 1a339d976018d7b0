"""Pages and their scripts' requests: one blueprint per noun; each view reads the request, asks one action and renders."""
