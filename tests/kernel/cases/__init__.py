"""The cases, a file a topic. run.py runs them all, one after another, in one guest."""
