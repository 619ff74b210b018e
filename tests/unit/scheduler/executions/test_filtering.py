from google.protobuf.descriptor import FieldDescriptor

from exekra.scheduler.v1 import execution_service_pb2 as pb

PAGING = {"limit", "cursor"}


def test_a_bulk_action_finds_by_whatever_a_list_finds_by() -> None:
    listed = {field.name: _shape(field) for field in pb.ListExecutionsRequest.DESCRIPTOR.fields}
    acted_on = {field.name: _shape(field) for field in pb.ExecutionFilter.DESCRIPTOR.fields}
    assert acted_on == {name: shape for name, shape in listed.items() if name not in PAGING}


def _shape(field: FieldDescriptor) -> tuple[object, ...]:
    kind = field.message_type or field.enum_type
    return field.number, field.type, field.is_repeated, kind.full_name if kind else ""
