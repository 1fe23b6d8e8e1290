include "deep.thrift"

struct Time { 1: deep.Hidden h }
