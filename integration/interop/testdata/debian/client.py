"""Calls every method of a ThriftTest server but testUuid, and checks the answers.

Usage: client.py GEN PORT framed|buffered, where GEN is what thrift --gen py made.
"""

import math
import sys

sys.path.insert(0, sys.argv[1])

from ThriftTest import SecondService, ThriftTest
from ThriftTest.ttypes import Insanity, Numberz, Xception, Xception2, Xtruct, Xtruct2
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.protocol.TMultiplexedProtocol import TMultiplexedProtocol
from thrift.Thrift import TApplicationException
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport, TFramedTransport


def raised(call, *args):
    try:
        return None, call(*args)
    except Exception as e:
        return e, None


def equal(what, got, want):
    if got != want:
        sys.exit("%s: got %r, want %r" % (what, got, want))


socket = TSocket("127.0.0.1", int(sys.argv[2]))
socket.setTimeout(10000)
transport = (TFramedTransport if sys.argv[3] == "framed" else TBufferedTransport)(socket)
transport.open()
protocol = TBinaryProtocol(transport, strictRead=True, strictWrite=True)
c = ThriftTest.Client(protocol)

equal("void", c.testVoid(), None)
for v in ["", "Test", "a\0b", "Afrikaans, አማርኛ, 官話, 𐌲𐌿𐍄𐌹𐍃𐌺", "long " * 50000]:
    equal("string", c.testString(v), v)
for v in [True, False]:
    equal("bool", c.testBool(v), v)
for v in [0, -1, 127, -128]:
    equal("byte", c.testByte(v), v)
for v in [0, -1, 2**31 - 1, -(2**31)]:
    equal("i32", c.testI32(v), v)
for v in [0, -1, 2**63 - 1, -(2**63)]:
    equal("i64", c.testI64(v), v)
for v in [0.0, -5.235098235, 1e300, 5e-324, math.inf, -math.inf]:
    equal("double", c.testDouble(v), v)
equal("double", math.isnan(c.testDouble(math.nan)), True)
for v in [b"", b"\0\xff\x80 not UTF-8 \xc3\x28", bytes(70000)]:
    equal("binary", c.testBinary(v), v)
x = Xtruct("Zero", 1, -3, -5)
equal("struct", c.testStruct(x), x)
nest = Xtruct2(1, x, 5)
equal("nest", c.testNest(nest), nest)
for v in [{}, {0: 1, 1: -2, -(2**31): 2**31 - 1}]:
    equal("map", c.testMap(v), v)
for v in [{}, {"a": "2", "": "blah", "官話": "\0"}]:
    equal("string map", c.testStringMap(v), v)
for v in [set(), {8, 1, 42}]:
    equal("set", c.testSet(v), v)
for v in [[], [1, 4, 9, -42, 1]]:
    equal("list", c.testList(v), v)
for v in [Numberz.ONE, Numberz.EIGHT]:
    equal("enum", c.testEnum(v), v)
equal("typedef", c.testTypedef(309858235082523), 309858235082523)
equal("map of maps", c.testMapMap(42), {-4: {i: i for i in range(-4, 0)}, 4: {i: i for i in range(1, 5)}})
crazy = Insanity({Numberz.FIVE: 5, Numberz.EIGHT: 8}, [x, Xtruct("Hello2", 2, 2, 2)])
got = c.testInsanity(crazy)
equal("insanity", got, {1: {Numberz.TWO: crazy, Numberz.THREE: crazy}, 2: {Numberz.SIX: Insanity({}, [])}})
equal("multi", c.testMulti(42, -7, -(2**63), {-1: "a", 1: ""}, Numberz.FIVE, 1 << 40), Xtruct("Hello2", 42, -7, -(2**63)))

e, _ = raised(c.testException, "Xception")
equal("exception", e, Xception(1001, "Xception"))
e, _ = raised(c.testException, "TException")
equal("undeclared exception", (type(e), getattr(e, "type", None)), (TApplicationException, TApplicationException.INTERNAL_ERROR))
equal("no exception", c.testException("success"), None)
e, _ = raised(c.testMultiException, "Xception", "ignored")
equal("first of two exceptions", e, Xception(1001, "This is an Xception"))
e, _ = raised(c.testMultiException, "Xception2", "ignored")
equal("second of two exceptions", (type(e), e.errorCode, e.struct_thing.string_thing), (Xception2, 2002, "This is an Xception2"))
equal("neither of two exceptions", c.testMultiException("success", "foobar").string_thing, "foobar")

for i in range(3):
    c.testOneway(0)
    equal("after oneway", c.testI32(i), i)

second = SecondService.Client(protocol)
equal("second service", second.secondtestString("second"), "second")
second = SecondService.Client(TMultiplexedProtocol(protocol, "SecondService"))
equal("second service, multiplexed", second.secondtestString("second"), "second")
first = ThriftTest.Client(TMultiplexedProtocol(protocol, "ThriftTest"))
equal("first service, multiplexed", first.testI32(-1), -1)
transport.close()
