"""The commands of geo-app: each reads its options, asks one action and writes the answer. Heavy imports stand inside them."""
