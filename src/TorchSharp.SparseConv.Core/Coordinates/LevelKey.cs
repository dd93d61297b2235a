namespace TorchSharp.SparseConv.Core;

/// <summary>What makes two derived levels the same one.</summary>
internal readonly record struct LevelKey(
    CoordinateMap Source,
    LevelRule Rule,
    KernelGeometry Geometry,
    PerAxis? SpatialShape
);
