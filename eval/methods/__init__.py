"""The methods that are compared, behind one interface: :mod:`eval.methods.base`."""
