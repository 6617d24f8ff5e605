"""Result files and stored replicates as datasets of xarray, as ``xarray.open_dataset(path).load()`` has them.

It takes a fifth of the time: xarray asks each variable also for what only a writer needs, such as chunks and filters, and
looks it up by its name anew for every question. A file that is absent or no HDF5 is an OSError; one whose variables do
not say what their dimensions are, or whose attributes have other types than that takes, is a ValueError.
"""

import contextlib

import h5py
import xarray

# How netCDF-4 says in HDF5 which array is a dimension and of what; xarray does not show it either.
_HIDDEN = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_Netcdf4Coordinates", "_Netcdf4Dimid", "_NCProperties"}
_ONLY_COUNTED = b"This is a netCDF dimension but not a netCDF variable"


@contextlib.contextmanager
def _open(path):
    """The file. What has other types than HDF5's conventions for dimensions say is no such file."""
    with h5py.File(path, "r") as file:
        try:
            yield file
        except (AttributeError, KeyError, RuntimeError, TypeError) as error:
            raise ValueError(f"an attribute is not what its name says: {error}") from error


def _attribute(value):
    """Bytes as text, and a list of one as its only value: files of other writers hold both."""
    if isinstance(value, h5py.Empty):
        return ""
    if getattr(value, "size", 0) == 1 and value.shape:
        value = value[0]
    if getattr(value, "dtype", None) == object:
        value = value.tolist()
    return value.decode() if isinstance(value, bytes) else value


def _attributes(of):
    return {name: _attribute(of.attrs[name]) for name in of.attrs if name not in _HIDDEN}


def _is_coordinate(array):
    return array.attrs.get("CLASS") == b"DIMENSION_SCALE"


def _dimensions(file, name, array):
    if _is_coordinate(array):
        return (name,)
    scales = array.attrs.get("DIMENSION_LIST", ())
    if len(scales) != array.ndim or not all(len(scale) for scale in scales):
        raise ValueError(f"variable {name!r} does not say what its dimensions are")
    return tuple(h5py.h5r.get_name(scale[-1], file.id).decode().rpartition("/")[2] for scale in scales)


def _arrays(file):
    """(name, array) of the variables as they were written, without dimensions that have no values."""
    for name, array in file["/"].items():  # the file itself would go through them by the alphabet
        if isinstance(array, h5py.Dataset) and not array.attrs.get("NAME", b"").startswith(_ONLY_COUNTED):
            yield name, array


def _values(array):
    text = h5py.check_string_dtype(array.dtype)
    return (array.asstr() if text is not None and text.length is None else array)[()]


def opened(path, names=None):
    """The dataset in the file, with all of its variables or those of `names` that are there, and their coordinates."""
    with _open(path) as file:
        variables = {}
        for name, array in _arrays(file):
            if names is None or name in names or _is_coordinate(array):
                variables[name] = (_dimensions(file, name, array), _values(array), _attributes(array))
        data = xarray.decode_cf(xarray.Dataset(variables, attrs=_attributes(file))).load()
    return data if names is None else data[[name for name in dict.fromkeys(names) if name in data]]


def definitions(path):
    """The attributes of every variable over some dimension that has a definition, by name; reads no values."""
    with _open(path) as file:
        measured = {name: _attributes(array) for name, array in _arrays(file)
                    if array.ndim and not _is_coordinate(array) and "definition" in array.attrs}
    return {name: {key: value for key, value in attributes.items() if key != "_FillValue"}
            for name, attributes in measured.items()}
