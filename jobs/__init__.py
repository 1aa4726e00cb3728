"""What runs in the background: jobs, their chunks, the workers and their sweeper.

The row of a job is the truth; a message in the queue only wakes a worker up, and may come
never, late or several times.
"""
