"""gRPC's standard interoperability cases by python's grpcio, whose transport is gRPC's C core.

Usage: interop.py <host:port> <folder of the protos>. Prints `ok <case>` or `not ok <case>: <reason>` for each. Needs protoc.
"""
import queue
import subprocess
import sys
import tempfile

import grpc

address, protos = sys.argv[1:3]
generated = tempfile.TemporaryDirectory()
subprocess.run(
    ["protoc", f"-I{protos}", f"--python_out={generated.name}"]
    + [f"grpc/testing/{name}.proto" for name in ("empty", "messages", "test")],
    check=True,
)
# The generated folder is called `grpc` too, so the library's package is told to look there as well.
grpc.__path__.append(f"{generated.name}/grpc")
from grpc.testing import empty_pb2, messages_pb2 as m  # noqa: E402

channel = grpc.insecure_channel(address)
DEADLINE = 20
REQUEST_SIZES = [27182, 8, 1828, 45904]
RESPONSE_SIZES = [31415, 9, 2653, 58979]
INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
TRAILING = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")


def method(kind, name, request, response, service="TestService"):
    return getattr(channel, kind)(
        f"/grpc.testing.{service}/{name}",
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )


EMPTY = empty_pb2.Empty
empty_call = method("unary_unary", "EmptyCall", EMPTY, EMPTY)
unary_call = method("unary_unary", "UnaryCall", m.SimpleRequest, m.SimpleResponse)
input_call = method("stream_unary", "StreamingInputCall", m.StreamingInputCallRequest, m.StreamingInputCallResponse)
output_call = method("unary_stream", "StreamingOutputCall", m.StreamingOutputCallRequest, m.StreamingOutputCallResponse)
duplex_call = method("stream_stream", "FullDuplexCall", m.StreamingOutputCallRequest, m.StreamingOutputCallResponse)


def zeros(size):
    return m.Payload(body=bytes(size))


def large(**fields):
    return m.SimpleRequest(response_size=314159, payload=zeros(271828), **fields)


def ping(request_size, response_size, **fields):
    return m.StreamingOutputCallRequest(
        response_parameters=[m.ResponseParameters(size=response_size)], payload=zeros(request_size), **fields)


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"expected {expected!r}, found {found!r}")


def fails_with(code, run, details=None):
    try:
        run()
    except grpc.RpcError as error:
        equal(error.code(), code)
        if details is not None:
            equal(error.details(), details)
        return
    raise AssertionError(f"expected {code}, found a response")


def open_stream():
    """Requests that stay open until None is put."""
    requests = queue.Queue()
    return requests, iter(requests.get, None)


def empty_unary():
    equal(empty_call(EMPTY(), timeout=DEADLINE), EMPTY())


def large_unary():
    equal(len(unary_call(large(), timeout=DEADLINE).payload.body), 314159)


def client_streaming():
    requests = (m.StreamingInputCallRequest(payload=zeros(size)) for size in REQUEST_SIZES)
    equal(input_call(requests, timeout=DEADLINE).aggregated_payload_size, 74922)


def server_streaming():
    request = m.StreamingOutputCallRequest(response_parameters=[m.ResponseParameters(size=size) for size in RESPONSE_SIZES])
    equal([len(r.payload.body) for r in output_call(request, timeout=DEADLINE)], RESPONSE_SIZES)


def ping_pong():
    requests, source = open_stream()
    responses = duplex_call(source, timeout=DEADLINE)
    for request_size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES):
        requests.put(ping(request_size, response_size))
        equal(len(next(responses).payload.body), response_size)
    requests.put(None)
    equal(list(responses), [])
    equal(responses.code(), grpc.StatusCode.OK)


def empty_stream():
    equal(list(duplex_call(iter([]), timeout=DEADLINE)), [])


def timeout_on_sleeping_server():
    requests, source = open_stream()
    requests.put(m.StreamingOutputCallRequest(payload=zeros(27182)))
    fails_with(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: list(duplex_call(source, timeout=0.001)))
    requests.put(None)


def cancel_after_begin():
    requests, source = open_stream()
    call = input_call.future(source, timeout=DEADLINE)
    call.cancel()
    equal((call.cancelled(), call.code()), (True, grpc.StatusCode.CANCELLED))
    requests.put(None)


def cancel_after_first_response():
    requests, source = open_stream()
    call = duplex_call(source, timeout=DEADLINE)
    requests.put(ping(27182, 31415))
    next(call)
    call.cancel()
    fails_with(grpc.StatusCode.CANCELLED, lambda: next(call))
    requests.put(None)


def custom_metadata():
    def echoed(call):
        equal(dict(call.initial_metadata()).get(INITIAL[0]), INITIAL[1])
        equal(dict(call.trailing_metadata()).get(TRAILING[0]), TRAILING[1])

    _, call = unary_call.with_call(large(), metadata=(INITIAL, TRAILING), timeout=DEADLINE)
    echoed(call)
    stream = duplex_call(iter([ping(271828, 314159)]), metadata=(INITIAL, TRAILING), timeout=DEADLINE)
    list(stream)
    echoed(stream)


def status_with(message):
    status = m.EchoStatus(code=2, message=message)
    fails_with(grpc.StatusCode.UNKNOWN, lambda: unary_call(m.SimpleRequest(response_status=status), timeout=DEADLINE), message)
    request = m.StreamingOutputCallRequest(response_status=status)
    fails_with(grpc.StatusCode.UNKNOWN, lambda: list(duplex_call(iter([request]), timeout=DEADLINE)), message)


def status_code_and_message():
    status_with("test status message")


def special_status_message():
    status_with("\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n")


def unimplemented_method():
    call = method("unary_unary", "UnimplementedCall", EMPTY, EMPTY)
    fails_with(grpc.StatusCode.UNIMPLEMENTED, lambda: call(EMPTY(), timeout=DEADLINE))


def unimplemented_service():
    call = method("unary_unary", "UnimplementedCall", EMPTY, EMPTY, service="UnimplementedService")
    fails_with(grpc.StatusCode.UNIMPLEMENTED, lambda: call(EMPTY(), timeout=DEADLINE))


def client_compressed_unary():
    compressed = large(expect_compressed=m.BoolValue(value=True))
    fails_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: unary_call(compressed, timeout=DEADLINE))
    equal(len(unary_call(compressed, compression=grpc.Compression.Gzip, timeout=DEADLINE).payload.body), 314159)
    uncompressed = large(expect_compressed=m.BoolValue(value=False))
    equal(len(unary_call(uncompressed, timeout=DEADLINE).payload.body), 314159)


def client_compressed_streaming():
    # This client compresses a stream as a whole.
    requests = (m.StreamingInputCallRequest(expect_compressed=m.BoolValue(value=True), payload=zeros(size)) for size in (27182, 45904))
    equal(input_call(requests, compression=grpc.Compression.Gzip, timeout=DEADLINE).aggregated_payload_size, 73086)


def server_compressed_unary():
    for value in (True, False):
        equal(len(unary_call(large(response_compressed=m.BoolValue(value=value)), timeout=DEADLINE).payload.body), 314159)


def server_compressed_streaming():
    request = m.StreamingOutputCallRequest(response_parameters=[
        m.ResponseParameters(size=31415, compressed=m.BoolValue(value=True)),
        m.ResponseParameters(size=92653, compressed=m.BoolValue(value=False)),
    ])
    equal([len(r.payload.body) for r in output_call(request, timeout=DEADLINE)], [31415, 92653])


for case in (empty_unary, large_unary, client_streaming, server_streaming, ping_pong, empty_stream, timeout_on_sleeping_server,
             cancel_after_begin, cancel_after_first_response, custom_metadata, status_code_and_message, special_status_message,
             unimplemented_method, unimplemented_service, client_compressed_unary, client_compressed_streaming,
             server_compressed_unary, server_compressed_streaming):
    try:
        case()
        print(f"ok {case.__name__}", flush=True)
    except Exception as error:  # Whatever went wrong is the case's result.
        print(f"not ok {case.__name__}: {error!r}".replace("\n", " "), flush=True)
