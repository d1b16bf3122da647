"""When things run and what happens if they do not: assets, schedules, DAG factories, alerts.

The only room that imports Airflow. Tasks are thin: each calls one function of another room and hands on small results.
"""
