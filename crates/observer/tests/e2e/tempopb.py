"""Messages of Tempo's streaming API, as far as the tests speak them, and calls by grpcio."""
import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

F = descriptor_pb2.FieldDescriptorProto
COMMON = "opentelemetry/proto/common/v1/common.proto"
KEY_VALUE = ".opentelemetry.proto.common.v1.KeyValue"
# Fields by message: name, number, type, and * for repeated ones.
MESSAGES = {
    "SearchRequest": "limit:4:uint32 start:5:uint32 end:6:uint32 query:8:string spss:9:uint32",
    "SearchMetrics": "inspected_traces:1:uint32 completed_jobs:4:uint32 total_jobs:5:uint32 inspected_spans:7:uint64",
    "Span": "span_id:1:string name:2:string start:3:uint64 duration:4:uint64 attributes:5:*KeyValue",
    "SpanSet": "spans:1:*Span matched:2:uint32 attributes:3:*KeyValue",
    "Trace": "trace_id:1:string root_service:2:string root_name:3:string start:4:uint64 duration_ms:5:uint32 "
             "span_set:6:SpanSet span_sets:7:*SpanSet",
    "SearchResponse": "traces:1:*Trace metrics:2:SearchMetrics",
    "TagsRequest": "scope:1:string query:2:string start:3:uint32 end:4:uint32 most:5:uint32",
    "MetadataMetrics": "total_jobs:2:uint32 completed_jobs:3:uint32",
    "TagsResponse": "tag_names:1:*string metrics:2:MetadataMetrics",
    "Scope": "name:1:string tags:2:*string",
    "TagsV2Response": "scopes:1:*Scope metrics:2:MetadataMetrics",
    "ValuesRequest": "tag_name:1:string query:2:string start:4:uint32 end:5:uint32 most:6:uint32",
    "ValuesResponse": "tag_values:1:*string metrics:2:MetadataMetrics",
    "Value": "type:1:string value:2:string",
    "ValuesV2Response": "tag_values:1:*Value metrics:2:MetadataMetrics",
    "RangeRequest": "query:1:string start:2:uint64 end:3:uint64 step:4:uint64 exemplars:16:uint32 max_series:17:uint32",
    "Sample": "value:1:double timestamp_ms:2:int64",
    "Exemplar": "labels:1:*KeyValue value:2:double timestamp_ms:3:int64",
    "TimeSeries": "labels:1:*KeyValue samples:2:*Sample exemplars:4:*Exemplar",
    "RangeResponse": "series:1:*TimeSeries metrics:2:SearchMetrics status:3:int32 message:4:string",
    "InstantRequest": "query:1:string start:2:uint64 end:3:uint64",
    "InstantSeries": "labels:1:*KeyValue value:2:double",
    "InstantResponse": "series:1:*InstantSeries metrics:2:SearchMetrics status:3:int32 message:4:string",
}
METHODS = {
    "Search": ("SearchRequest", "SearchResponse"),
    "SearchTags": ("TagsRequest", "TagsResponse"),
    "SearchTagsV2": ("TagsRequest", "TagsV2Response"),
    "SearchTagValues": ("ValuesRequest", "ValuesResponse"),
    "SearchTagValuesV2": ("ValuesRequest", "ValuesV2Response"),
    "MetricsQueryRange": ("RangeRequest", "RangeResponse"),
    "MetricsQueryInstant": ("InstantRequest", "InstantResponse"),
}


def classes():
    from opentelemetry.proto.common.v1 import common_pb2  # noqa: F401, what KeyValue is of
    file = descriptor_pb2.FileDescriptorProto(name="tests/tempo.proto", package="tempo", syntax="proto3",
                                              dependency=[COMMON])
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for text in fields.split():
            field, number, kind = text.split(":")
            label = F.LABEL_REPEATED if kind[0] == "*" else F.LABEL_OPTIONAL
            kind = kind.lstrip("*")
            to = {"name": field, "number": int(number), "label": label}
            if kind == "KeyValue":
                message.field.add(type=F.TYPE_MESSAGE, type_name=KEY_VALUE, **to)
            elif kind in MESSAGES:
                message.field.add(type=F.TYPE_MESSAGE, type_name=".tempo." + kind, **to)
            else:
                message.field.add(type=getattr(F, "TYPE_" + kind.upper()), **to)
    pool = descriptor_pool.Default()
    pool.Add(file) if hasattr(pool, "Add") else pool.AddSerializedFile(file.SerializeToString())
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName("tempo." + name)) for name in MESSAGES}


CLASSES = classes()


def call(server, method, **fields):
    """Every message of the answer."""
    request, response = (CLASSES[name] for name in METHODS[method])
    with grpc.insecure_channel(server.url.removeprefix("http://")) as channel:
        stream = channel.unary_stream("/tempopb.StreamingQuerier/" + method,
                                      request_serializer=lambda message: message.SerializeToString(),
                                      response_deserializer=response.FromString)
        return list(stream(request(**fields), timeout=30))
