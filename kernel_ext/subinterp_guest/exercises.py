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
import asyncio, aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict
assert CIMultiDict({hdrs.ACCEPT: "x"})["accept"] == "x"
async def answer(request):
    return web.Response(text="x")
async def ask():
    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        async with session.get("http://127.0.0.1:%d" % runner.addresses[0][1]) as got:
            text = await got.text()
    await runner.cleanup()
    return text
assert asyncio.run(ask()) == "x"
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
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
fernet = Fernet(Fernet.generate_key())
assert fernet.decrypt(fernet.encrypt(b"x")) == b"x"
key = ec.generate_private_key(ec.SECP256R1())
kind = ec.ECDSA(hashes.SHA256())
key.public_key().verify(key.sign(b"x", kind), b"x", kind)
""",
    "cv2": """
import cv2, numpy
white = numpy.full((20, 20, 3), 255, "uint8")
assert cv2.GaussianBlur(white, (5, 5), 0).min() == 255
""",
    "duckdb": """
import duckdb
connection = duckdb.connect()
connection.create_function("twice", lambda x: 2 * x, ["BIGINT"], "BIGINT")
total = connection.execute("select sum(twice(i)) from range(50000) t(i)").fetchone()
assert total == (2499950000,)
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
    "grpc": """
import grpc
from concurrent.futures import ThreadPoolExecutor
class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        return grpc.unary_unary_rpc_method_handler(lambda ask, context: ask + b"!")
with ThreadPoolExecutor(2) as pool:
    server = grpc.server(pool)
    server.add_generic_rpc_handlers([Handler()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel("127.0.0.1:%d" % port) as channel:
        assert channel.unary_unary("/a/b")(b"x", timeout=20) == b"x!"
    server.stop(0).wait()
""",
    "h5py": """
import h5py, io, numpy
with h5py.File(io.BytesIO(), "w") as file:
    file["x"] = numpy.arange(100)
    assert file["x"][:].sum() == 4950
    assert list(file) == ["x"]
""",
    "kiwisolver": """
import kiwisolver
x, solver = kiwisolver.Variable("x"), kiwisolver.Solver()
solver.addConstraint(x >= 3)
solver.updateVariables()
assert x.value() == 3
""",
    "lxml": """
from lxml import etree, html
tree = etree.fromstring("<a><b x='1'>t</b></a>")
assert tree.xpath("//b/@x") == ["1"]
assert etree.tostring(tree) == b'<a><b x="1">t</b></a>'
assert html.fromstring("<p>x<b>y").text_content() == "xy"
try:
    etree.fromstring("<a>")
except etree.XMLSyntaxError:
    pass
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
    "numexpr": """
import numexpr, numpy
assert numexpr.evaluate("sum(a * 2)", {"a": numpy.arange(100000.0)}) == 9999900000
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
times = pandas.date_range("2020", periods=1000, freq="h")
frame = pandas.DataFrame({"a": [i % 7 for i in range(1000)], "b": range(1000)}, times)
assert frame.groupby("a").b.sum().sum() == 499500
assert frame.groupby("a").b.apply(lambda group: group.max()).max() == 999
assert frame.b.resample("D").count().iloc[0] == 24
assert frame.merge(frame.head(), on="b").shape == (5, 3)
assert pandas.read_csv(io.StringIO(frame.to_csv())).b.max() == 999
assert pandas.read_json(io.StringIO(frame.to_json())).b.max() == 999
assert pandas.Series(["x", None]).str.upper()[0] == "X"
repr(frame)
""",
    "polars": """
import polars
from polars import col
frame = polars.DataFrame({"a": [i % 7 for i in range(1000)], "b": range(1000)})
sums = frame.group_by("a").agg(col("b").sum())
assert sums["b"].sum() == 499500
more = col("b").map_elements(lambda x: x + 1, return_dtype=polars.Int64)
less = col("a").map_elements(lambda x: x - 1, return_dtype=polars.Int64)
frame = frame.lazy().with_columns(more.alias("c"), less.alias("d")).collect()
assert frame["c"].sum() == 500500
repr(frame)
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
process = psutil.Process()
assert process.pid == os.getpid()
assert process.memory_info().rss > 0
assert psutil.virtual_memory().total > 0
""",
    "pyarrow": """
import io, pyarrow, pyarrow.compute, pyarrow.csv, pyarrow.parquet
table = pyarrow.table({"a": list(range(1000))})
assert pyarrow.compute.sum(table["a"]).as_py() == 499500
try:
    pyarrow.array([1, "x"])
except pyarrow.ArrowInvalid:
    pass
# Threads that CPython does not know read from files that are Python's.
file = io.BytesIO(b"a,b\\n" + b"1,2\\n" * 100000)
assert pyarrow.csv.read_csv(file).num_rows == 100000
file = io.BytesIO()
pyarrow.parquet.write_table(table, file, row_group_size=100)
assert pyarrow.parquet.read_table(file, pre_buffer=True).num_rows == 1000
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
import numpy
from scipy import fft, integrate, interpolate, linalg, ndimage, optimize
from scipy import signal, sparse, spatial, special, stats
from scipy.sparse.linalg import spsolve
points = numpy.random.default_rng(0).random((100, 3))
assert abs(integrate.quad(lambda x: x * x, 0, 1)[0] - 1 / 3) < 1e-9
assert integrate.solve_ivp(lambda t, y: -y, (0, 1), [1.0]).success
assert linalg.det([[1, 2], [3, 4]]) == -2
assert optimize.minimize(lambda x: (x**2).sum(), [1.0, 2.0]).success
assert optimize.linprog([1, 1], A_ub=[[-1, -1]], b_ub=[-1]).fun == 1
assert spsolve(sparse.eye(9, format="csc"), numpy.ones(9)).sum() == 9
assert spatial.cKDTree(points).query(points[4])[1] == 4
assert ndimage.gaussian_filter(numpy.ones((9, 9)), 2).shape == (9, 9)
assert interpolate.interp1d([0, 1], [0, 2])(0.5) == special.gamma(2) == 1
assert len(fft.rfft(signal.lfilter([1], [1, 0.5], points[:, 0]))) == 51
assert stats.norm.fit([1, 3])[0] == 2
""",
    "shapely": """
import numpy, shapely
assert abs(shapely.Point(0, 0).buffer(1).area - 3.14) < 0.1
assert shapely.area(shapely.box(numpy.arange(9.0), 0, 9, 1)).sum() == 45
""",
    "sklearn": """
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
X, y = make_classification(100, random_state=0)
for model in (
    LogisticRegression(),
    RandomForestClassifier(10, n_jobs=2),
    HistGradientBoostingClassifier(max_iter=5),
):
    assert model.fit(X, y).score(X, y) > 0.8
KMeans(3, n_init=2).fit(X)
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
    "statsmodels": """
import numpy, statsmodels.api
x = numpy.random.default_rng(0).normal(size=(100, 2))
fitted = statsmodels.api.OLS(x @ [1, 2], x).fit()
assert numpy.allclose(fitted.params, [1, 2])
str(fitted.summary())
""",
    "tiktoken": """
from tiktoken import _tiktoken
coder = _tiktoken.CoreBPE({bytes([i]): i for i in range(256)}, {}, r"\\w+|\\s+")
assert coder.encode_ordinary("hi") == [104, 105]
""",
    "tokenizers": """
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer.train_from_iterator(["hello world"] * 9, trainers.BpeTrainer(vocab_size=60))
assert tokenizer.decode(tokenizer.encode("hello").ids) == "hello"
""",
    "ujson": """
import ujson
assert ujson.loads(ujson.dumps({"a": [1]})) == {"a": [1]}
""",
    "wrapt": """
import wrapt
assert wrapt.ObjectProxy([1])[0] == 1
""",
    "xgboost": """
import numpy, xgboost
x = numpy.random.default_rng(0).random((100, 3))
model = xgboost.XGBClassifier(n_estimators=5).fit(x, x[:, 0] > 0.5)
assert model.predict(x).sum() > 9
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

# Modules of their own that a package keeps its native part in.
EXERCISES |= {
    "_cffi_backend": EXERCISES["cffi"],
    "_polars_runtime_32": EXERCISES["polars"],
    "pydantic_core": EXERCISES["pydantic"],
}
