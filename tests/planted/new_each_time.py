"""A new class at each call, so that no two operations are of one kind."""

import augplug

PLANTED = {"tests.planted.new_each_time": ("hooks-return-data",)}


@augplug.hookimpl
def augplug_operations():
    @augplug.operation(source="planted")
    class Fresh(augplug.Operation):
        """Nothing."""

        def describe(self, canvas):
            return []

    return [Fresh]
