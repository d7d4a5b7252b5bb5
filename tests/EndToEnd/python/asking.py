"""RecordBatch, GetAccount and Explain by python's grpcio against the real silo.

Usage: asking.py <host:port> <folder of the protos>. Prints one line of JSON; any failure ends with another exit code.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import grpc
from google.protobuf import descriptor_pb2

address, protos = sys.argv[1:3]
with tempfile.TemporaryDirectory() as generated:
    # The compiled contract of the last release has its imports with it; not every protoc finds google/protobuf by itself.
    released = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(protos, "orchestrator.binpb").read_bytes())
    files = [file.name for file in released.file if file.name.startswith("orchestrator/")]
    subprocess.run(["protoc", f"--descriptor_set_in={protos}/orchestrator.binpb", f"--python_out={generated}", *files], check=True)
    sys.path.insert(0, generated)
    from orchestrator.v1 import accounts_pb2, signals_pb2

channel = grpc.insecure_channel(address)


def call(service, method, request, answer):
    path = f"/orchestrator.v1.{service}/{method}"
    return channel.unary_unary(path, request_serializer=type(request).SerializeToString, response_deserializer=answer.FromString)(request, timeout=20)


batch = signals_pb2.RecordBatchRequest()
for number in range(10):
    signal = batch.signals.add(id=f"p-{number}", type="page.viewed", account="python.example")
    signal.identifiers.add(kind="email", value="ann@python.example")
batch.signals.add(id="p-bad", type="page.viewd", account="python.example")
acknowledged = call("SignalService", "RecordBatch", batch, signals_pb2.RecordBatchResponse).acknowledgements
account = call("AccountService", "GetAccount", accounts_pb2.GetAccountRequest(account="python.example"), accounts_pb2.GetAccountResponse).account
explained = call("AccountService", "Explain", accounts_pb2.ExplainRequest(account="python.example", signal_id="p-0"), accounts_pb2.ExplainResponse)
try:
    call("AccountService", "GetAccount", accounts_pb2.GetAccountRequest(account="nobody"), accounts_pb2.GetAccountResponse)
    missing = "found"
except grpc.RpcError as error:
    missing = error.code().name
print(json.dumps({
    "results": [a.result for a in acknowledged],
    "reason": acknowledged[-1].reason,
    "signals": account.signal_count,
    "chosen": explained.action_id,
    "open": [a.id for a in account.open_actions],
    "reproduced": explained.reproduced,
    "missing": missing,
}))
