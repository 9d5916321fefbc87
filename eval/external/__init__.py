"""External sets (paper, Tables 7 to 10) as gold: one module a set, one YAML map of its labels, one way to text."""
