using System.Text.Json.Serialization;

namespace TorchSharp.SparseConv.Tool.Reports;

/// <summary>How reports become JSON: snake case, enumerations by name, what is unknown as null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    WriteIndented = true
)]
[JsonSerializable(typeof(CloudReport))]
[JsonSerializable(typeof(VolumeReport))]
[JsonSerializable(typeof(WeightsReport))]
[JsonSerializable(typeof(ModelReport))]
[JsonSerializable(typeof(ConversionReport))]
[JsonSerializable(typeof(VoxelizationReport))]
[JsonSerializable(typeof(PredictionReport))]
[JsonSerializable(typeof(PageReport))]
[JsonSerializable(typeof(WeightsConversionReport))]
internal sealed partial class ToolJson : JsonSerializerContext;
