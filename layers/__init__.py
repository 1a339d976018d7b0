"""What we hold, and the rules under which it may change.

`schema`, `codes` and the layer declarations are pure vocabulary that anybody may import; `files`, `store` and `demo` do I/O.
"""
