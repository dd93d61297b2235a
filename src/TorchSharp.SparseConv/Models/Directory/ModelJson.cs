using System.Text.Json.Serialization;

namespace TorchSharp.SparseConv;

/// <summary>
/// How config.json is written and read: snake case, nothing unknown, nothing twice, nothing null that must not be. What
/// may be left out has a setter: the generated code gives up the defaults of init-only properties.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    MaxDepth = 8,
    WriteIndented = true
)]
[JsonSerializable(typeof(ModelConfig))]
internal sealed partial class ModelJson : JsonSerializerContext;
