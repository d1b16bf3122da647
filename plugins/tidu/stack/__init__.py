"""The local stack: the embedded PostgreSQL, the simulators and Airflow as processes of this machine.

Only starts, watches and stops; what runs inside them belongs to the other rooms.
"""
