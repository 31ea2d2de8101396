"""A short computation for well-known packages, whose result is known.

For ``subinterp.check``: a package may import, and break when it is used.
"""

from __future__ import annotations

__all__ = ["EXERCISES"]

EXERCISES: dict[str, str] = {
    "PIL": """
import io
from PIL import Image, ImageFilter
picture = Image.new("RGB", (40, 40), "red").filter(ImageFilter.GaussianBlur(2))
file = io.BytesIO()
picture.resize((20, 20)).save(file, "PNG")
assert Image.open(io.BytesIO(file.getvalue())).getpixel((9, 9)) == (255, 0, 0)
""",
    "aiohttp": """
from aiohttp import hdrs
from multidict import CIMultiDict
from yarl import URL
assert CIMultiDict({hdrs.ACCEPT: "x"})["accept"] == "x"
assert URL("http://a/b?c=%20").query["c"] == " "
""",
    "bcrypt": """
import bcrypt
assert bcrypt.checkpw(b"x", bcrypt.hashpw(b"x", bcrypt.gensalt(4)))
""",
    "brotli": """
import brotli
assert brotli.decompress(brotli.compress(b"x" * 1000)) == b"x" * 1000
""",
    "cffi": """
import cffi
ffi = cffi.FFI()
ffi.cdef("int abs(int);")
assert ffi.dlopen(None).abs(-4) == 4
assert ffi.callback("int(int)", lambda x: x + 1)(1) == 2
""",
    "contourpy": """
import contourpy
assert len(contourpy.contour_generator(z=[[0, 0], [1, 1]]).lines(0.5)) == 1
""",
    "cryptography": """
from cryptography.fernet import Fernet
fernet = Fernet(Fernet.generate_key())
assert fernet.decrypt(fernet.encrypt(b"x")) == b"x"
""",
    "cv2": """
import cv2, numpy
white = numpy.full((20, 20, 3), 255, "uint8")
assert cv2.GaussianBlur(white, (5, 5), 0).min() == 255
""",
    "duckdb": """
import duckdb
total = duckdb.connect().execute("select sum(i) from range(100) t(i)").fetchone()
assert total == (4950,)
""",
    "frozenlist": """
from frozenlist import FrozenList
assert list(FrozenList([1, 2])) == [1, 2]
""",
    "google.protobuf": """
from google.protobuf.struct_pb2 import Struct
one, other = Struct(), Struct()
one["a"] = 1
other.ParseFromString(one.SerializeToString())
assert other["a"] == 1
""",
    "greenlet": """
import greenlet
assert greenlet.greenlet(lambda x: x + 1).switch(1) == 2
""",
    "h5py": """
import h5py, io, numpy
with h5py.File(io.BytesIO(), "w") as file:
    file["x"] = numpy.arange(100)
    assert file["x"][:].sum() == 4950
""",
    "kiwisolver": """
import kiwisolver
x, solver = kiwisolver.Variable("x"), kiwisolver.Solver()
solver.addConstraint(x >= 3)
solver.updateVariables()
assert x.value() == 3
""",
    "lxml": """
from lxml import etree
tree = etree.fromstring("<a><b x='1'>t</b></a>")
assert tree.xpath("//b/@x") == ["1"]
assert etree.tostring(tree) == b'<a><b x="1">t</b></a>'
""",
    "lz4": """
import lz4.frame
assert lz4.frame.decompress(lz4.frame.compress(b"x" * 1000)) == b"x" * 1000
""",
    "markupsafe": """
from markupsafe import escape
assert str(escape("<a>")) == "&lt;a&gt;"
""",
    "matplotlib": """
import io, matplotlib
matplotlib.use("Agg")
from matplotlib import pyplot
figure, axes = pyplot.subplots()
axes.plot([1, 3, 2])
file = io.BytesIO()
figure.savefig(file, format="png")
pyplot.close(figure)
assert file.getvalue().startswith(b"\\x89PNG")
""",
    "msgpack": """
import msgpack
value = {"a": [1, 2.5, "x", None]}
assert msgpack.unpackb(msgpack.packb(value)) == value
""",
    "msgspec": """
import msgspec
assert msgspec.json.decode(msgspec.json.encode({"a": [1]})) == {"a": [1]}
""",
    "multidict": """
from multidict import MultiDict
assert MultiDict([("a", 1), ("a", 2)]).getall("a") == [1, 2]
""",
    "numba": """
import numba
assert numba.njit(lambda x: x + 1)(1) == 2
""",
    "numpy": """
import numpy
a = numpy.arange(10000.0).reshape(100, 100)
assert numpy.allclose(numpy.linalg.inv(numpy.eye(3) * 2), numpy.eye(3) / 2)
assert (a @ numpy.eye(100) == a).all() and a.sum() == 49995000
assert numpy.random.default_rng(1).integers(5, size=100).max() < 5
try:
    a[200]
except IndexError:
    pass
""",
    "orjson": """
import orjson
value = {"a": [1, 2.5, None, "x"]}
assert orjson.loads(orjson.dumps(value)) == value
""",
    "pandas": """
import io, pandas
frame = pandas.DataFrame({"a": [i % 7 for i in range(1000)], "b": range(1000)})
assert frame.groupby("a").b.sum().sum() == 499500
assert pandas.read_csv(io.StringIO(frame.to_csv())).b.max() == 999
""",
    "polars": """
import polars
frame = polars.DataFrame({"a": [i % 7 for i in range(1000)], "b": range(1000)})
sums = frame.group_by("a").agg(polars.col("b").sum())
assert sums["b"].sum() == 499500
""",
    "propcache": """
from propcache import cached_property
class C:
    @cached_property
    def x(self):
        return 42
assert C().x == 42
""",
    "psutil": """
import os, psutil
assert psutil.Process().pid == os.getpid()
assert psutil.virtual_memory().total > 0
""",
    "pyarrow": """
import pyarrow, pyarrow.compute
table = pyarrow.table({"a": list(range(1000))})
assert pyarrow.compute.sum(table["a"]).as_py() == 499500
try:
    pyarrow.array([1, "x"])
except pyarrow.ArrowInvalid:
    pass
""",
    "pydantic": """
from pydantic import BaseModel, ValidationError
class Model(BaseModel):
    a: int
    b: list[str]
assert Model.model_validate_json('{"a": 1, "b": ["x"]}').b == ["x"]
try:
    Model(a="x", b=1)
except ValidationError as error:
    assert error.error_count() == 2
""",
    "rapidfuzz": """
from rapidfuzz.distance import Levenshtein
assert Levenshtein.distance("lewenstein", "levenshtein") == 2
""",
    "regex": """
import regex
assert regex.findall(r"(?<a>b+)", "abbb") == ["bbb"]
""",
    "rpds": """
import rpds
assert rpds.HashTrieMap({"a": 1}).insert("b", 2)["b"] == 2
""",
    "scipy": """
from scipy import integrate, linalg, optimize
assert abs(integrate.quad(lambda x: x * x, 0, 1)[0] - 1 / 3) < 1e-9
assert linalg.det([[1, 2], [3, 4]]) == -2
assert optimize.minimize(lambda x: (x**2).sum(), [1.0, 2.0]).success
""",
    "sklearn": """
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
X, y = make_classification(100, random_state=0)
assert LogisticRegression().fit(X, y).score(X, y) > 0.8
""",
    "sqlalchemy": """
import sqlalchemy
with sqlalchemy.create_engine("sqlite://").connect() as connection:
    assert connection.execute(sqlalchemy.text("select 1")).scalar() == 1
""",
    "sqlite3": """
import sqlite3
assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,)
""",
    "ujson": """
import ujson
assert ujson.loads(ujson.dumps({"a": [1]})) == {"a": [1]}
""",
    "wrapt": """
import wrapt
assert wrapt.ObjectProxy([1])[0] == 1
""",
    "xxhash": """
import xxhash
assert xxhash.xxh32(b"a").hexdigest() == "550d7456"
""",
    "yaml": """
import yaml
assert yaml.safe_load("a: [1, 2]") == {"a": [1, 2]}
""",
    "yarl": """
from yarl import URL
assert URL("http://a/b?c=%20").query["c"] == " "
""",
    "zmq": """
import zmq
with zmq.Context() as context, context.socket(zmq.PAIR) as a:
    with context.socket(zmq.PAIR) as b:
        b.connect("tcp://127.0.0.1:%d" % a.bind_to_random_port("tcp://127.0.0.1"))
        a.send(b"x")
        assert b.recv() == b"x"
""",
    "zstandard": """
import zstandard
data = zstandard.ZstdCompressor().compress(b"x" * 1000)
assert zstandard.ZstdDecompressor().decompress(data) == b"x" * 1000
""",
}
