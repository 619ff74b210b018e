"""JSON to protobuf and back, compiled once from the pydantic models of the edge and the descriptors of the protos."""
