"""Serves ThriftTest without testUuid on a free port, which it prints, until its
standard input ends.

Usage: server.py GEN framed|buffered, where GEN is what thrift --gen py made.
"""

import logging
import os
import sys
import threading

sys.path.insert(0, sys.argv[1])

from ThriftTest import ThriftTest
from ThriftTest.ttypes import Insanity, Numberz, Xception, Xception2, Xtruct
from thrift.protocol.TBinaryProtocol import TBinaryProtocolFactory
from thrift.server.TServer import TThreadedServer
from thrift.transport.TSocket import TServerSocket
from thrift.transport.TTransport import TBufferedTransportFactory, TFramedTransportFactory


class Handler:
    """Answers as the comments in the IDL demand."""

    def __getattr__(self, name):
        if name.startswith("test"):
            return lambda thing: thing
        raise AttributeError(name)

    def testVoid(self):
        pass

    def testMapMap(self, hello):
        return {-4: {i: i for i in range(-4, 0)}, 4: {i: i for i in range(1, 5)}}

    def testInsanity(self, argument):
        return {1: {Numberz.TWO: argument, Numberz.THREE: argument}, 2: {Numberz.SIX: Insanity()}}

    def testMulti(self, arg0, arg1, arg2, arg3, arg4, arg5):
        return Xtruct("Hello2", arg0, arg1, arg2)

    def testException(self, arg):
        if arg == "Xception":
            raise Xception(1001, arg)
        if arg == "TException":
            raise RuntimeError("this is a TException")

    def testMultiException(self, arg0, arg1):
        if arg0 == "Xception":
            raise Xception(1001, "This is an Xception")
        if arg0 == "Xception2":
            raise Xception2(2002, Xtruct("This is an Xception2"))
        return Xtruct(arg1)

    def testOneway(self, seconds):
        pass


class Socket(TServerSocket):
    def listen(self):
        super().listen()
        print(self.handle.getsockname()[1], flush=True)


def leave():
    sys.stdin.read()
    os._exit(0)


logging.disable()  # of the exception that is not declared
threading.Thread(target=leave, daemon=True).start()
transports = TFramedTransportFactory() if sys.argv[2] == "framed" else TBufferedTransportFactory()
TThreadedServer(ThriftTest.Processor(Handler()), Socket("127.0.0.1", 0), transports, TBinaryProtocolFactory(), daemon=True).serve()
