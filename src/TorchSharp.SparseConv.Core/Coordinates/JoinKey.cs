namespace TorchSharp.SparseConv.Core;

/// <summary>What makes two joined levels the same one.</summary>
internal readonly record struct JoinKey(CoordinateMap First, CoordinateMap Second, bool IsUnion);
