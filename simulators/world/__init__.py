"""World making: folders of deliveries of all six departments, with the truth beside them.

A world is decided by its seed alone: the same arguments give the same bytes. `make_world` invents the
enterprises, `from_registry` takes them from a registry extract; both simulate every other department around
them by the same machinery and then add the dirt of real departments. `truth` reads a finished world back and
works out what a correct platform must hold; it never looks at how the world was made.
"""
