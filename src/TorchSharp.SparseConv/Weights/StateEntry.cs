namespace TorchSharp.SparseConv;

/// <summary>One tensor of a weights file, not yet read.</summary>
internal readonly record struct StateEntry(string Name, torch.ScalarType Type, long[] Shape);
