namespace TorchSharp.SparseConv.Core;

/// <summary>What makes two rulebooks the same one.</summary>
internal readonly record struct RulebookKey(CoordinateMap Coarse, CoordinateMap Fine, KernelGeometry Geometry);
