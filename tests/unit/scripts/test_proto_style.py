"""Each breach of the protos' style is named."""

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.text_format import Parse

from scripts.proto_style import breaches, described_protos

WRONG = """
name: "exekra/shop/v1/shop.proto"
package: "exekra.shop"
service {
  name: "TillService"
  method { name: "Open" input_type: ".exekra.shop.OpenRequest" output_type: ".exekra.shop.Till" }
  method { name: "Shut" input_type: ".exekra.shop.OpenRequest" output_type: ".exekra.shop.ShutResponse" }
}
message_type { name: "Till" field { name: "cashOnHand" number: 1 } }
enum_type { name: "TillState" value { name: "TILL_STATE_NONE" number: 0 } value { name: "OPEN" number: 1 } }
"""


def test_every_breach_is_named() -> None:
    found = "\n".join(breaches([Parse(WRONG, FileDescriptorProto())]))
    for words in (
        "package exekra.shop is not its path",
        "package exekra.shop ends in no version",
        "TillService: a service stands in till_service.proto",
        "TillService.Open: its response is OpenResponse, not .exekra.shop.Till",
        "TillService.Open: .exekra.shop.OpenRequest belongs to one RPC alone",
        "TillService.Shut: its request is ShutRequest",
        "TillService.Shut: option (exekra.kit.v1.access) is missing",
        "Till.cashOnHand: fields are snake_case",
        "TillState.TILL_STATE_NONE: the zero value is TILL_STATE_UNSPECIFIED",
        "TillState.OPEN: values begin with TILL_STATE_",
    ):
        assert words in found, words


def test_the_projects_protos_keep_the_style() -> None:
    assert list(breaches(described_protos())) == []
