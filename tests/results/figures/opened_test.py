"""opened_test.py [FOLDER]: the files of FOLDER, or files made by hand, are read as xarray itself reads them."""

import sys
import tempfile
from pathlib import Path

from support import np, xarray

import h5py

from opened import definitions, opened


def alike(found, expected):
    """Equal in what `assert_identical` does not look at, too: types, the order of everything, missing values."""
    xarray.testing.assert_identical(found, expected)
    assert list(found.variables) == list(expected.variables) and list(found.sizes) == list(expected.sizes)
    assert repr(found.attrs) == repr(expected.attrs)
    for name, variable in expected.variables.items():
        values, wanted = found[name].values, variable.values
        assert values.dtype == wanted.dtype, (name, values.dtype, wanted.dtype)
        same = values.tolist() == wanted.tolist() if wanted.dtype == object else values.tobytes() == wanted.tobytes()
        assert same and repr(found[name].attrs) == repr(variable.attrs), name


def check(path):
    with by_xarray(path) as data:
        expected = data.load()
    alike(opened(path), expected)
    some = list(expected.data_vars)[::2]
    alike(opened(path, [*some, "absent", *some]), expected[some])
    measured = {name: v.attrs for name, v in expected.data_vars.items() if v.dims and "definition" in v.attrs}
    assert repr(definitions(path)) == repr(measured)
    return expected


def made_by_hand(path):
    """What result files hold, and what they might."""
    flags = dict(flag_values=np.array([0, 1], np.uint8), flag_meanings="false true")
    data = xarray.Dataset(
        dict(regret=(("tune", "replicate", "arm"), np.array([[[0.1, np.nan]], [[-0.0, np.inf]]]), dict(definition="a loss")),
             seen=(("arm",), np.array([3, -1]), dict(definition="how often")),
             edges=(("edge", "end"), np.eye(2, dtype=np.int64)),
             nothing=(("none",), np.zeros(0)), words=(("arm",), np.array(["naïve", ""], object)),
             configuration=((), "[world]\n", dict(definition="of no dimension")),
             number=((), 7, dict(unit=[1.5], units="1")),
             seconds=((), 3.0, dict(units="seconds")), one=((), 1.0, dict(flag_values=np.array([4], np.uint8), text=""))),
        coords=dict(tune=("tune", np.array([0, 1], np.uint8), flags), replicate=[0], arm=["dpo", "rm"], none=np.zeros(0)),
        attrs=dict(study="made up", title="Größer", seed=1, several=np.array([1.0, 2.0])))
    data.to_netcdf(path, engine="h5netcdf", encoding=dict(seen={"_FillValue": -1}))


def by_xarray(path):
    return xarray.open_dataset(path, engine="h5netcdf")


def refused(path, error, *readers):
    for read in readers or (opened, by_xarray):
        try:
            read(path)
        except error:
            continue
        assert False, f"{path} was read"


if len(sys.argv) > 1:
    files = sorted(Path(sys.argv[1]).glob("*.h5"))
    assert files, "no results"
    for file in files:
        assert check(file).sizes["replicate"] > 0
    sys.exit()

with tempfile.TemporaryDirectory() as folder:
    good, bad = Path(folder) / "good.h5", Path(folder) / "bad.h5"
    made_by_hand(good)
    data = check(good)
    assert np.isnan(data.seen.values[1]) and "none" in data.coords and "edge" not in data.coords
    for variables in (["regret"], ["configuration"], []):
        alike(opened(good, variables), data[variables])

    refused(bad, FileNotFoundError)
    refused(Path(folder), IsADirectoryError)
    for content in (b"", b"no HDF5", good.read_bytes()[:2000]):
        bad.write_bytes(content)
        refused(bad, OSError)
    with h5py.File(bad, "w") as file:
        file["x"] = np.zeros(3)
    refused(bad, ValueError)  # of what dimension?
    with h5py.File(bad, "w") as file:
        for name, size in (("x", 3), ("y", 4)):
            file[name] = np.zeros(size)
            file[name].make_scale(name)
        file["z"] = np.zeros(4)
        file["z"].dims[0].attach_scale(file["x"])
    refused(bad, ValueError, opened)  # longer than its dimension, which xarray lets pass
