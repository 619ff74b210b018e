"""Holds `proto/` to the house's style: `make check` runs it and prints every breach as `file: name: what is wrong`.

The rules: a package is its path and ends in a version; a service stands in a file named after it; an RPC has a request
and a response of its own and declares who may call it; an enum's values carry its name and begin with `_UNSPECIFIED`;
fields are snake_case. It does not judge comments.
"""

import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet

from exekra.kit.v1 import access_pb2

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "proto"
SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def breaches(sources: Iterable[FileDescriptorProto]) -> Iterator[str]:
    """Every breach in the files, which must be all files of the project (a message is used once across files)."""
    described = list(sources)
    uses = Counter(
        name
        for file in described
        for service in file.service
        for method in service.method
        for name in (method.input_type, method.output_type)
    )
    for file in described:
        yield from (f"{file.name}: {breach}" for breach in _file_breaches(file, uses))


def _file_breaches(file: FileDescriptorProto, uses: Counter[str]) -> Iterator[str]:
    if file.package != str(Path(file.name).parent).replace("/", "."):
        yield f"package {file.package} is not its path"
    if not re.search(r"\.v[1-9]\d*$", file.package):
        yield f"package {file.package} ends in no version"
    for service in file.service:
        if Path(file.name).stem != _snake(service.name):
            yield f"{service.name}: a service stands in {_snake(service.name)}.proto"
        for method in service.method:
            name = f"{service.name}.{method.name}"
            for kind, used in (("Request", method.input_type), ("Response", method.output_type)):
                if used != f".{file.package}.{method.name}{kind}":
                    yield f"{name}: its {kind.lower()} is {method.name}{kind}, not {used}"
                elif uses[used] > 1:
                    yield f"{name}: {used} belongs to one RPC alone"
            if not method.options.HasExtension(access_pb2.access):
                yield f"{name}: option (exekra.kit.v1.access) is missing"
    for enum in file.enum_type:
        yield from _enum_breaches(enum)
    for message in file.message_type:
        yield from _message_breaches(message)


def _message_breaches(message: DescriptorProto) -> Iterator[str]:
    for field in message.field:
        if not SNAKE.fullmatch(field.name):
            yield f"{message.name}.{field.name}: fields are snake_case"
    for enum in message.enum_type:
        yield from _enum_breaches(enum)
    for nested in message.nested_type:
        yield from _message_breaches(nested)


def _enum_breaches(enum: EnumDescriptorProto) -> Iterator[str]:
    prefix = f"{_snake(enum.name).upper()}_"
    for value in enum.value:
        if not value.name.startswith(prefix):
            yield f"{enum.name}.{value.name}: values begin with {prefix}"
        if value.number == 0 and value.name != f"{prefix}UNSPECIFIED":
            yield f"{enum.name}.{value.name}: the zero value is {prefix}UNSPECIFIED"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def described_protos(source: Path = SOURCE) -> list[FileDescriptorProto]:
    """The project's files as protoc describes them. Raises CalledProcessError when they do not compile."""
    with tempfile.NamedTemporaryFile() as described:
        sources = sorted(str(file.relative_to(source)) for file in (source / "exekra").rglob("*.proto"))
        includes = (f"-I{source}", f"-I{files('grpc_tools') / '_proto'}")
        protoc = (sys.executable, "-m", "grpc_tools.protoc")
        subprocess.run([*protoc, *includes, f"--descriptor_set_out={described.name}", *sources], check=True)
        return list(FileDescriptorSet.FromString(Path(described.name).read_bytes()).file)


def main() -> int:
    """1 when there is any breach."""
    found = list(breaches(described_protos()))
    for breach in found:
        print(breach)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
