// The call that every Thrift peer answers: kitex-benchmark's echo.
namespace go echo

struct Request {
    1: string action,
    2: string msg,
}

struct Response {
    1: string action,
    2: string msg,
}

service EchoServer {
    Response echo(1: Request req),
}
