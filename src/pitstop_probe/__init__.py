"""What runs inside the user's interpreter and writes down what happened there.

Standard library only, Python 3.9 and newer. Nothing here may ever break the app: each hook is guarded, and a failure of
the probe becomes a `fault` record.
"""
