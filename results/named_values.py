"""Coordinates with named values (CF ``flag_values`` and ``flag_meanings``) by their names, as people read them.

xarray leaves them as the bytes of the file: an axis of true and false is 0 and 1.
"""

import numpy as np


def named(coordinate):
    """The names of a coordinate's values; its values where they have no names."""
    values = np.atleast_1d(coordinate.values)
    if "flag_meanings" not in coordinate.attrs:
        return values
    meanings = str(coordinate.attrs["flag_meanings"]).split()
    names = dict(zip(np.atleast_1d(coordinate.attrs["flag_values"]).tolist(), meanings))
    return np.array([names.get(value, str(value)) for value in values.tolist()], dtype=object)


def with_names(data):
    """The dataset with its named coordinates as texts."""
    flags = [name for name in data.dims if name in data.coords and "flag_meanings" in data[name].attrs]
    return data.assign_coords({name: (name, named(data[name])) for name in flags})
