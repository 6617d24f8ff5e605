"""Opens the files of tests/results/store/python_test.cpp; exit code 77 when modules are missing."""
import sys
import warnings

try:
    import h5py
    import numpy as np
    import xarray as xr
    import h5netcdf  # noqa: F401, the engine
except ImportError as error:
    print("skipped:", error)
    sys.exit(77)

folder = sys.argv[1]
# A file that makes a reader warn is badly written. What the packages say of each other (numpy of a netCDF4 that
# was built against another one, deprecations) says nothing about the file.
warnings.simplefilter("error", UserWarning)
warnings.simplefilter("error", RuntimeWarning)
warnings.filterwarnings("ignore", message="numpy.*size changed")


def check(data):
    assert list(data.sizes.items()) == [("horizon", 3), ("lambda", 2), ("replicate", 4), ("arm", 3), ("edge", 5)], data.sizes
    assert list(data.coords) == ["horizon", "lambda", "replicate", "arm"], data.coords
    assert list(data.horizon.values) == [1, 2, -3]
    assert list(data.arm.values) == ["rm+plan", "dpo", ""]
    assert data.regret.dims == ("horizon", "lambda", "replicate", "arm")
    assert float(data.regret.sel({"horizon": 1, "lambda": 0.1, "replicate": 0, "arm": "dpo"})) == 0.5
    assert np.isnan(data.regret.values.ravel()[3]) and np.isneginf(data.regret.values.ravel()[4])
    assert data.regret.attrs["definition"] == "J(π*) − J(π)"
    assert data.status.dtype == np.uint8
    assert list(data.status.attrs["flag_values"]) == [0, 1, 2, 3, 255]
    assert data.parameters.dtype == np.int64
    assert data.edge_reward.dims == ("edge",)
    assert list(data.label.values) == ['naïve, "quoted"', "", "two\nlines"]
    assert data.configuration.item() == 'title = "walk"\nbeta = 1.0\n'
    assert data.attrs["schema_version"] == 2
    assert len(data.attrs["content_hash"]) == 64


with xr.open_dataset(f"{folder}/a.h5", engine="h5netcdf") as data:
    check(data)
    assert data.attrs["title"] == "The gap closes"
with xr.open_dataset(f"{folder}/a.h5") as data:  # found by xarray itself
    check(data)

with h5py.File(f"{folder}/a.h5") as file:
    assert [d.label or d[0].name for d in file["regret"].dims] == ["/horizon", "/lambda", "/replicate", "/arm"]
    assert file["regret"].compression == "gzip" and file["regret"].fletcher32 and file["regret"].shuffle

try:
    import netCDF4
except ImportError:
    print("netCDF4 is not installed: not checked")
else:
    with netCDF4.Dataset(f"{folder}/a.h5") as file:
        assert file["regret"].dimensions == ("horizon", "lambda", "replicate", "arm")
        assert len(file.dimensions["edge"]) == 5 and "edge" not in file.variables
        assert file["configuration"][...] == 'title = "walk"\nbeta = 1.0\n'
